"""The system account that runs the embedded servers when we are root.

PostgreSQL refuses to run as root. The account owns the servers' folders and nothing else; it gets
the right to pass through the folders above them, never to read those.
"""

from __future__ import annotations

import errno
import os
import pwd
import shutil
import struct
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

NAME = "sendblue-inbox"

# acl(5) as the kernel keeps it: a version, then (tag, permissions, id) in order of tag and id.
_ACL = "system.posix_acl_access"
_ACL_VERSION = struct.pack("<I", 2)
_ACL_ENTRY = struct.Struct("<HHI")
_OWNER, _USER, _GROUP, _MASK, _OTHER = 0x01, 0x02, 0x04, 0x10, 0x20
_NO_ID = 0xFFFFFFFF
_PASS = 1


class AccountError(Exception):
    """Root cannot run the embedded servers here; the text says what would help."""


@dataclass(frozen=True)
class Account:
    """Who runs the embedded servers."""

    uid: int
    gid: int

    def popen_options(self) -> dict[str, Any]:
        """What `subprocess` needs to become this account, without the groups of root."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def own(self, folder: Path) -> None:
        """Make the folder and all below it belong to the account, the folder to it alone."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        if folder.stat().st_uid != self.uid:
            for path in (folder, *folder.rglob("*")):
                os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def can_reach(self, path: Path) -> bool:
        """Whether the account may pass through every folder above the path, and a folder itself."""
        test = ["/bin/ls", "-d", f"{path}/." if path.is_dir() else str(path)]
        done = subprocess.run(test, capture_output=True, cwd="/", **self.popen_options())
        return done.returncode == 0

    def grant_way_to(self, path: Path) -> None:
        """Let the account pass, and only pass, through the folders above the path.

        Raises AccountError where the file system keeps no access lists.
        """
        if self.can_reach(path):
            return
        for folder in reversed(path.parents):
            if not self.can_reach(folder):
                self._grant_passage(folder)
        if not self.can_reach(path):
            raise AccountError(
                f"PostgreSQL does not run as root, and its account {NAME} cannot read {path}."
                " Make it readable, or start as an ordinary user."
            )

    def _grant_passage(self, folder: Path) -> None:
        try:
            os.setxattr(folder, _ACL, _with_passage(folder, self.uid))
        except (AttributeError, OSError) as error:
            raise AccountError(
                f"PostgreSQL does not run as root, and its account {NAME} may not enter {folder}."
                " Set DATA_DIR (and the checkout) below a folder that is open to all,"
                " such as /srv, or start as an ordinary user."
            ) from error


def service_account() -> Account | None:
    """The account for the embedded servers, made at need; None for an ordinary user.

    Raises AccountError where the system has no `useradd`.
    """
    if os.geteuid() != 0:
        return None
    try:
        return _lookup()
    except KeyError:
        pass
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if useradd is None:
        raise AccountError(
            "PostgreSQL does not run as root, and there is no `useradd` to make an account for it."
            " Start as an ordinary user."
        )
    command = [useradd, "--system", "--user-group", "--no-create-home", "--home-dir", "/"]
    done = subprocess.run([*command, "--shell", "/bin/false", NAME], capture_output=True, text=True)
    try:
        return _lookup()  # also right where a second start made it at the same moment
    except KeyError:
        raise AccountError(f"Cannot make the account {NAME}: {done.stderr.strip()}") from None


def _lookup() -> Account:
    entry = pwd.getpwnam(NAME)
    return Account(entry.pw_uid, entry.pw_gid)


def _with_passage(folder: Path, uid: int) -> bytes:
    """The folder's access list with the right to pass for one user."""
    try:
        packed = os.getxattr(folder, _ACL)
        entries = {(tag, id_): rights for tag, rights, id_ in _ACL_ENTRY.iter_unpack(packed[4:])}
    except OSError as error:
        if error.errno != errno.ENODATA:
            raise
        mode = folder.stat().st_mode
        entries = {
            (_OWNER, _NO_ID): mode >> 6 & 7,
            (_GROUP, _NO_ID): mode >> 3 & 7,
            (_MASK, _NO_ID): mode >> 3 & 7,
            (_OTHER, _NO_ID): mode & 7,
        }
    entries[_USER, uid] = entries.get((_USER, uid), 0) | _PASS
    entries[_MASK, _NO_ID] |= _PASS
    packed_entries = (_ACL_ENTRY.pack(tag, r, id_) for (tag, id_), r in sorted(entries.items()))
    return _ACL_VERSION + b"".join(packed_entries)
