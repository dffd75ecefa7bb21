"""Which column of a file is which field of a contact: a guess that a person confirms."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sendblue_inbox.phone import NotANumber, to_e164

from .guarding import unguard

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# What people and programs call the fields, without case, accents and punctuation.
WORDS = {
    "number": (
        "number, phone, phone number, phonenumber, mobile, mobile number, mobile phone, cell,"
        " cell phone, telephone, tel, phone 1 value, primary phone, contact number, whatsapp,"
        " telefon, telefonnummer, handy, handynummer, mobil, rufnummer, telefono, celular, movil,"
        " telephone portable, portable, numero, numero de telephone, telefone, cellulare"
    ),
    "first_name": (
        "first name, firstname, first, given name, forename, vorname, nombre, prenom, nome"
    ),
    "last_name": (
        "last name, lastname, last, surname, family name, nachname, apellido, apellidos,"
        " nom de famille, cognome, sobrenome"
    ),
    "name": "name, full name, fullname, contact, contact name, display name, kontakt, nom",
    "company_name": (
        "company, company name, organization, organisation, organization 1 name, account,"
        " account name, business, employer, firma, unternehmen, empresa, societe, entreprise,"
        " azienda"
    ),
    "tags": "tags, tag, labels, label, segments, groups, group membership, etiquetas, schlagworte",
    "assigned_to_email": "assigned to email, assigned to, owner email, owner, agent, assignee",
    "sendblue_number": "sendblue number, line, sendblue line, from number",
    "opted_out": "opted out, opt out, optout, unsubscribed, do not contact, abgemeldet",
}
FIELDS = tuple(WORDS)
# What an export puts before the name of a variable that is called like a field.
VARIABLE = "custom_variables."
# The column that a file of refused rows has beside its own: nobody's variable.
REASON = "reason"
# A column is one of numbers where so large a share of its cells are.
MOSTLY = 0.6
# Postal codes and ids can be possible numbers of a small country: too short to be believed.
MOST_SHORT = 9


def plain(text: str) -> str:
    """A column's name as it is compared: without case, accents and punctuation."""
    bare = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(letter for letter in bare if not unicodedata.combining(letter))
    return re.sub(r"[\W_]+", " ", letters).strip()


FIELD_WORDS = {plain(word): field for field, words in WORDS.items() for word in words.split(",")}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the file and where its cells go.

    `target` is a field, `tag` (its cells become tags), `variable` (a custom variable called
    `label`), or empty: left out.
    """

    position: int
    name: str
    target: str
    label: str = ""
    examples: tuple[str, ...] = ()


def guess_columns(
    names: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    country: str = "US",
    remembered: Mapping[str, tuple[str, str]] | None = None,
) -> list[Column]:
    """What each column seems to hold, by what was chosen before, by its name, by its cells.

    `names` may be empty (no header); `remembered` maps plain names to (target, label). No field
    is given twice. A column with a name of its own that no field has becomes a custom variable.
    """
    width = max([len(names), *map(len, rows)], default=0)
    cells = [[row[at].strip() for row in rows if at < len(row)] for at in range(width)]
    titles = [unguard(names[at]).strip() if at < len(names) else "" for at in range(width)]
    targets = [_by_name(title, remembered or {}) for title in titles]
    taken: set[str] = set()
    for at, (target, _label) in enumerate(targets):
        if target in taken:
            targets[at] = ("variable", titles[at])
        elif target in FIELDS:
            taken.add(target)
    shares = [_share_of_numbers(column, country) for column in cells]
    if "number" not in taken and shares and max(shares) >= MOSTLY:
        targets[shares.index(max(shares))] = ("number", "")
    return [
        Column(at, titles[at], *targets[at], examples=tuple(filter(None, cells[at]))[:3])
        for at in range(width)
    ]


def _by_name(title: str, remembered: Mapping[str, tuple[str, str]]) -> tuple[str, str]:
    name = plain(title)
    if name in remembered:
        return remembered[name]
    if title.startswith(VARIABLE) and title != VARIABLE:
        return "variable", title.removeprefix(VARIABLE)
    if name in FIELD_WORDS:
        return FIELD_WORDS[name], ""
    if name == REASON:
        return "", ""
    return ("variable", title) if title else ("", "")


def _share_of_numbers(cells: Sequence[str], country: str) -> float:
    filled = [cell for cell in cells if cell]
    return sum(_is_number(cell, country) for cell in filled) / len(filled) if filled else 0


def _is_number(cell: str, country: str) -> bool:
    try:
        return len(to_e164(cell, country=country)) > MOST_SHORT
    except NotANumber:
        return False
