"""Every country whose national numbers can be read has a name."""

from __future__ import annotations

import phonenumbers

from contacts.countries import COUNTRIES


def test_every_country_that_has_numbers_can_be_chosen() -> None:
    assert set(COUNTRIES) == set(phonenumbers.SUPPORTED_REGIONS)
    assert all(name.strip() == name != "" for name in COUNTRIES.values())
