"""Every setting has a place and a comment in `.env.example`, and a line in the manual."""

from __future__ import annotations

import re

from tests.conftest import ROOT

PACKAGES = ("contacts", "inbox", "sendblue_inbox", "webhooks_admin")
READ = re.compile(r"\benv(?:text|int|bool|list|secret)\(\s*\"([A-Z0-9_]+)\"")


def settings_read_by_the_code() -> set[str]:
    sources = (path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    return {name for path in sources for name in READ.findall(path.read_text(encoding="utf-8"))}


def test_the_example_lists_every_setting_with_a_comment_and_no_other() -> None:
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    listed = {
        line.partition("=")[0]: above
        for above, line in zip(lines, lines[1:], strict=False)
        if line and not line.startswith("#")
    }
    assert set(listed) == settings_read_by_the_code()
    assert all(above.startswith("# ") for above in listed.values())


def test_the_manual_lists_every_setting() -> None:
    manual = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    missing = {name for name in settings_read_by_the_code() if f"`{name}`" not in manual}
    assert not missing
