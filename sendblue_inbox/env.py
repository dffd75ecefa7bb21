"""Typed reading of settings from the environment, from `.env` and from secret files."""

from __future__ import annotations

import ipaddress
import os
from pathlib import Path

TRUE_WORDS = {"1", "true", "yes", "on"}
FALSE_WORDS = {"0", "false", "no", "off", ""}


class SettingError(Exception):
    """A setting has a value that cannot be used; the text says which and what would do."""


def load_dotenv(path: Path) -> None:
    """Put the `NAME=value` lines of a file into the environment where the name is not set yet."""
    if not path.is_file():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        name, equals, value = line.partition("=")
        if equals and not name.lstrip().startswith("#"):
            os.environ.setdefault(name.strip(), value.strip().strip("\"'"))


def envtext(name: str, default: str = "") -> str:
    """The setting as text; an empty value counts as not set."""
    return os.environ.get(name, "").strip() or default


def envsecret(name: str, default: str = "") -> str:
    """The setting, or the content of the file that `NAME_FILE` points to.

    Raises SettingError where that file cannot be read.
    """
    path = envtext(f"{name}_FILE")
    if not path:
        return envtext(name, default)
    try:
        return Path(path).read_text(encoding="utf-8").strip() or default
    except OSError as error:
        raise SettingError(f"{name}_FILE: cannot read {path}: {error.strerror}.") from error


def envint(name: str, default: int) -> int:
    """The setting as a whole number; raises SettingError for anything else."""
    text = envtext(name)
    try:
        return int(text) if text else default
    except ValueError as error:
        raise SettingError(f"{name} must be a whole number, not “{text}”.") from error


def envbool(name: str, *, default: bool) -> bool:
    """The setting as yes or no (1/0, true/false, yes/no, on/off); raises SettingError otherwise."""
    text = os.environ.get(name)
    if text is None:
        return default
    if (word := text.strip().lower()) in TRUE_WORDS | FALSE_WORDS:
        return word in TRUE_WORDS
    raise SettingError(f"{name} must be yes or no, not “{text}”.")


def envlist(name: str, default: str = "") -> list[str]:
    """The parts of a comma list, without blanks. Reads `NAME_FILE` too."""
    return [part.strip() for part in envsecret(name, default).split(",") if part.strip()]


def networks(name: str, parts: list[str]) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """The parts of the setting `name` as networks (10.0.0.0/8); raises SettingError otherwise."""
    try:
        return [ipaddress.ip_network(part) for part in parts]
    except ValueError as error:
        raise SettingError(f"{name} must be networks such as 10.1.0.0/16: {error}.") from error
