"""Secrets that this installation makes for itself, one file each under the data folder."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def keep_secret(data_dir: Path, name: str) -> str:
    """The secret of that name; made at the first call and the same ever after.

    Several processes may start at once, so the file appears whole or not at all, once.
    """
    folder = data_dir / "secrets"
    path = folder / name
    if not path.exists():
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        draft = folder / f".{name}.{os.getpid()}"
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(48), encoding="ascii")
        try:
            os.link(draft, path)
        except FileExistsError:
            pass  # another process was first: its secret is the one
        finally:
            draft.unlink()
    return path.read_text(encoding="ascii").strip()
