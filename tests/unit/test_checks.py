"""The configuration is checked in words that say what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sendblue_inbox import checks

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_django import Settings


def test_half_a_pair_of_keys_is_an_error(settings: Settings) -> None:
    settings.SENDBLUE_API_SECRET_KEY = ""
    (error,) = checks.keys_are_whole()
    assert error.is_serious()
    assert "SENDBLUE_API_SECRET_KEY" in error.msg
    settings.SENDBLUE_API_KEY_ID = ""
    assert checks.keys_are_whole() == []


@pytest.mark.parametrize(
    ("site", "warned"),
    [
        ("http://inbox.example.com", True),
        ("https://localhost:8000", True),
        ("https://inbox.example.com", False),
    ],
)
def test_a_real_account_needs_an_address_it_can_reach(
    settings: Settings, site: str, warned: bool
) -> None:
    settings.SENDBLUE_API_BASE_URL = "https://api.sendblue.com"
    settings.SITE_URL = site
    assert bool(checks.sendblue_can_reach_us()) is warned
    settings.SIMULATED = True
    assert checks.sendblue_can_reach_us() == []


def test_an_open_data_folder_is_noticed(settings: Settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    tmp_path.chmod(0o755)
    assert checks.data_folder_is_private()
    tmp_path.chmod(0o710)
    assert checks.data_folder_is_private() == []


def test_missing_front_end_packages_are_an_error(settings: Settings, tmp_path: Path) -> None:
    settings.NODE_MODULES = tmp_path
    (error,) = checks.front_end_is_there()
    assert error.is_serious()
    assert "make setup" in str(error.hint)


def test_own_secret_with_a_shared_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://db/inbox")
    monkeypatch.setenv("SECRET_KEY", "")
    assert checks.secret_key_is_shared()
    monkeypatch.setenv("SECRET_KEY", "set")
    assert checks.secret_key_is_shared() == []
