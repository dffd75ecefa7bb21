"""Who a new message is to: one person, or several who become a group."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count, Q

from contacts.models import Contact
from inbox.group_rules import why_opted_out
from inbox.models import Line, Thread
from sendblue_inbox.phone import NotANumber, national, to_address
from sendblue_inbox.sendblue.terms import MAX_GROUP_SIZE

if TYPE_CHECKING:
    from collections.abc import Iterable

# Whatever stands between numbers where somebody types or pastes several.
BETWEEN = re.compile(r"[,;\n\r\t]+")


@dataclass(frozen=True, slots=True)
class Recipient:
    """One number, and whose it is where we know them."""

    number: str
    contact: Contact | None

    def __str__(self) -> str:
        return str(self.contact) if self.contact else national(self.number)


@dataclass(frozen=True, slots=True)
class Recipients:
    """The people whose numbers could be read, each once; the `rest` of the text; what is wrong,
    one sentence each."""

    people: list[Recipient]
    rest: list[str]
    problems: list[str]

    @property
    def is_group(self) -> bool:
        """Whether it takes a group to write to them."""
        return len(self.people) > 1

    @property
    def numbers(self) -> list[str]:
        """Their numbers, in order."""
        return [person.number for person in self.people]


def read_recipients(texts: Iterable[str]) -> Recipients:
    """Read what was typed: numbers and addresses with commas, semicolons or line ends between."""
    numbers: dict[str, None] = {}
    rest, problems = [], []
    ours = set(Line.objects.values_list("number", flat=True))
    for entry in filter(None, (part.strip() for text in texts for part in BETWEEN.split(text))):
        try:
            number = to_address(entry)
        except NotANumber as error:
            rest.append(entry)
            problems.append(str(error))
            continue
        if number in ours:
            rest.append(entry)
            problems.append(f"{national(number)} is one of your own lines. Enter a person’s.")
        else:
            numbers[number] = None
    known = {contact.number: contact for contact in Contact.objects.filter(number__in=numbers)}
    people = [Recipient(number, known.get(number)) for number in numbers]
    problems += filter(None, [why_opted_out(list(known.values()))])
    if len(people) + 1 > MAX_GROUP_SIZE:
        problems.append(
            f"A group has at most {MAX_GROUP_SIZE} people, with you. "
            f"Take out {len(people) + 1 - MAX_GROUP_SIZE}."
        )
    return Recipients(people, rest, problems)


def existing_group(line: Line, numbers: list[str]) -> Thread | None:
    """The newest group on the line with exactly these people in it."""
    here = Q(participant__left_at__isnull=True)
    named = here & Q(participant__contact__number__in=numbers)
    groups = (
        Thread.objects.filter(line=line, participant__contact__number=numbers[0])
        .exclude(group_id="")
        .values("pk")
    )
    same = Thread.objects.filter(pk__in=groups).annotate(
        everybody=Count("participant", filter=here), of_these=Count("participant", filter=named)
    )
    found = same.filter(everybody=len(numbers), of_these=len(numbers))
    return found.select_related("line").order_by("-last_message_at").first()
