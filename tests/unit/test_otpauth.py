"""Secrets for one-time codes as people bring them: addresses and Base32."""

from __future__ import annotations

import base64
import contextlib
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhooks_admin.otpauth import ALGORITHMS, DIGITS, NewSecret, Unreadable, read_address

NAMES = st.text(min_size=1, max_size=40).map(lambda name: name.replace(":", "").strip() or "Ana")
SECRET = "JBSWY3DPEHPK3PXP"


@given(
    label=NAMES,
    issuer=NAMES,
    key=st.binary(min_size=5, max_size=64),
    algorithm=st.sampled_from(ALGORITHMS),
    digits=st.sampled_from(DIGITS),
    period=st.integers(1, 3600),
    in_path=st.booleans(),
)
def test_an_address_is_read_back_whole(
    label: str, issuer: str, key: bytes, algorithm: str, digits: int, period: int, in_path: bool
) -> None:
    secret = base64.b32encode(key).decode()
    query = {"secret": secret, "algorithm": algorithm, "digits": digits, "period": period}
    path = f"{issuer}:{label}" if in_path else label
    address = f"otpauth://totp/{quote(path, safe='')}?{urlencode(query | {'issuer': issuer})}"
    expected = NewSecret(label, issuer, secret.rstrip("="), algorithm, digits, period)
    assert read_address(f" {address}\n") == expected


def test_what_an_address_leaves_out_is_as_everybody_takes_it() -> None:
    found = read_address(f"otpauth://totp/Shop:%20ana%40example.com?secret={SECRET.lower()}")
    assert found == NewSecret("ana@example.com", "Shop", SECRET, "SHA1", 6, 30)
    assert read_address(f"otpauth://totp/?secret={SECRET}&issuer=Shop").label == "Shop"
    assert SECRET not in repr(found)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("", "begins with otpauth"),
        ("https://shop.example/login", "begins with otpauth"),
        ("otpauth-migration://offline?data=CjEKCkhlbGxvId6tvu8SGEV4YW1wbGU", "many secrets"),
        (f"otpauth://hotp/Shop?secret={SECRET}&counter=1", "by the time"),
        ("otpauth://totp/Shop?issuer=Shop", "no secret"),
        ("otpauth://totp/Shop?secret=0000-1111-8888", "not Base32"),
        ("otpauth://totp/Shop?secret=MFRGGZ", "not Base32"),
        ("otpauth://totp/Shop?secret=MFRGG", "too short"),
        (f"otpauth://totp/Shop?secret={'A' * 1024}", "too long"),
        (f"otpauth://totp/Shop?secret={SECRET}&digits=7", "6 or 8"),
        (f"otpauth://totp/Shop?secret={SECRET}&digits=٦", "not a number"),
        (f"otpauth://totp/Shop?secret={SECRET}&period=0", "not possible"),
        (f"otpauth://totp/Shop?secret={SECRET}&algorithm=MD5", "must be one of"),
        ("otpauth://[totp/Shop", "not an address"),
    ],
)
def test_what_cannot_be_kept_is_refused_without_repeating_it(address: str, words: str) -> None:
    with pytest.raises(Unreadable, match=words) as refusal:
        read_address(address)
    assert SECRET not in str(refusal.value)


@given(st.text(max_size=200).map(lambda end: f"otpauth://totp/{end}"))
def test_no_address_does_more_than_being_refused(address: str) -> None:
    with contextlib.suppress(Unreadable):
        read_address(address)
