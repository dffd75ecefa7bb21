"""Phone numbers: to E.164 and to the form that people read."""

from __future__ import annotations

import re

import phonenumbers

E164 = re.compile(r"\+[1-9]\d{6,14}")
POSSIBLE = phonenumbers.ValidationResult.IS_POSSIBLE
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class NotANumber(ValueError):
    """The text is no phone number; the message says so in a sentence for people."""


def to_e164(text: str, *, country: str = "US") -> str:
    """The number in E.164 (`+14155550123`). National forms are read as of the given country.

    Raises NotANumber with a sentence for the person who typed it.
    """
    cleaned = text.strip()
    if E164.fullmatch(cleaned):
        return cleaned
    try:
        parsed = phonenumbers.parse(cleaned, country)
    except phonenumbers.NumberParseException as error:
        raise NotANumber(refusal(text)) from error
    # A number without its area code is possible only in its own town.
    if phonenumbers.is_possible_number_with_reason(parsed) != POSSIBLE:
        raise NotANumber(refusal(text))
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def to_address(text: str, *, country: str = "US") -> str:
    """Like to_e164, but an iMessage e-mail address is accepted too, in lower case."""
    cleaned = text.strip()
    if EMAIL.fullmatch(cleaned):
        return cleaned.lower()
    return to_e164(cleaned, country=country)


def refusal(text: str) -> str:
    """The sentence for something that is no number."""
    return (
        f"“{text.strip()[:40]}” is not a phone number. "
        "Write it with its country code, like +1 415 555 0123."
    )


def national(number: str) -> str:
    """The number as people of its country write it; what is no number stays as it is."""
    return _formatted(number, phonenumbers.PhoneNumberFormat.NATIONAL)


def international(number: str) -> str:
    """The number with its country code, spaced for reading."""
    return _formatted(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def _formatted(number: str, form: int) -> str:
    if not E164.fullmatch(number):
        return number
    try:
        return phonenumbers.format_number(phonenumbers.parse(number), form)
    except phonenumbers.NumberParseException:
        return number
