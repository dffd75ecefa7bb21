"""Tolerant readers of single values: missing, null, "" and a wrong type never raise.

Sendblue spells, types and omits the same field in several ways (Sendblue API contract,
section 5), so every payload takes its values through these functions.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

FIRST_YEAR, LAST_YEAR = 1971, 2199  # outside: an unset clock or a mistake, not a date

_PHONE_PUNCTUATION = re.compile(r"[\s\u00a0\u200e\u200f\u202a-\u202e\u2066-\u2069().\-]+")
_E164 = re.compile(r"\+[0-9]{7,15}")
_DIGITS = re.compile(r"[0-9]{7,15}")
_NUMERIC = re.compile(r"-?[0-9]{9,17}(\.[0-9]+)?")


def first(obj: Mapping[str, Any], *keys: str) -> Any:
    """The first value under `keys` that is neither missing, null nor empty text."""
    for key in keys:
        value = obj.get(key)
        if value is not None and value != "":
            return value
    return None


def clean(text: str) -> str:
    """Text that PostgreSQL stores: NULs dropped, lone surrogates replaced."""
    if "\0" in text:
        text = text.replace("\0", "")
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def text(value: Any) -> str:
    """Text of a string or a number; "" for anything else."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, bool):
        return ""
    if isinstance(value, int):
        return str(value) if abs(value) < 10**18 else ""
    if isinstance(value, float) and math.isfinite(value):
        return str(int(value)) if value.is_integer() and abs(value) < 1e18 else str(value)
    return ""


def code(value: Any) -> str:
    """An error code as text ("5509", "SMS_LIMIT_REACHED"); null and 0 both mean no failure."""
    found = text(value).strip()
    return "" if found == "0" else found


def flag(value: Any) -> bool | None:
    """Three-valued truth: None where nothing, or nothing readable, was said."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return {"true": True, "1": True, "false": False, "0": False}.get(value.strip().lower())
    return bool(value) if value in (0, 1) else None


def whole(value: Any) -> int | None:
    """A whole number, also from text and from a float without fraction."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        value = int(value)
    return value if isinstance(value, int) and abs(value) < 2**63 else None


def real(value: Any) -> float | None:
    """A finite number, also from text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def mapping(value: Any) -> dict[str, Any]:
    """The object itself, or an empty one."""
    return value if isinstance(value, dict) else {}


def rows(value: Any) -> list[dict[str, Any]]:
    """The objects of a list; what is no object is passed over."""
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def texts(value: Any) -> tuple[str, ...]:
    """The non-empty texts of a list, or of a single text."""
    values = value if isinstance(value, list) else [value]
    return tuple(found for found in map(text, values) if found)


def number(value: Any) -> str:
    """A phone number with one leading plus, or an e-mail or short code as it is.

    Tolerates a missing or doubled plus, spaces and punctuation; of a list it takes the first.
    """
    if isinstance(value, str) and _E164.fullmatch(value):
        return value  # nearly always
    if isinstance(value, list):
        return next((found for found in map(number, value) if found), "")
    raw = text(value).strip()
    if not raw or "@" in raw:
        return raw
    digits = _PHONE_PUNCTUATION.sub("", raw).lstrip("+")
    return f"+{digits}" if _DIGITS.fullmatch(digits) else raw


def numbers(value: Any) -> tuple[str, ...]:
    """The distinct numbers of a list or of a comma-separated text, in order."""
    if isinstance(value, str):
        value = value.split(",")
    values = value if isinstance(value, list) else [value]
    return tuple(dict.fromkeys(found for found in map(number, values) if found))


def moment(value: Any) -> datetime | None:
    """An aware UTC time from ISO 8601, epoch seconds or milliseconds, RFC 2822 or Firestore.

    A time without zone is UTC. None for what is unreadable or out of range.
    """
    try:
        found = _moment(value)
        found = found.astimezone(UTC) if found else None
    except (ValueError, OverflowError, OSError, TypeError):
        return None
    return found if found and FIRST_YEAR <= found.year <= LAST_YEAR else None


def _moment(value: Any) -> datetime | None:
    if isinstance(value, dict):
        seconds = first(value, "_seconds", "seconds")
        nanoseconds = first(value, "_nanoseconds", "nanoseconds") or 0
        return _from_epoch(float(seconds) + float(nanoseconds) / 1e9)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _from_epoch(float(value))
    if not isinstance(value, str) or not value.strip():
        return None
    written = value.strip()
    if _NUMERIC.fullmatch(written):
        return _from_epoch(float(written))
    try:
        found = datetime.fromisoformat(written)
    except ValueError:
        found = parsedate_to_datetime(written)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _from_epoch(count: float) -> datetime:
    for unit in (1, 1e3, 1e6, 1e9):  # seconds, or finer: no date of ours is past the year 5138
        if abs(count) <= 1e11 * unit:
            return datetime.fromtimestamp(count / unit, UTC)
    raise ValueError("no time is that far away")


def storable(value: Any) -> Any:
    """A JSON value as `jsonb` takes it: clean texts and keys, no NaN and no Infinity."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {clean(str(key)): storable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [storable(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
