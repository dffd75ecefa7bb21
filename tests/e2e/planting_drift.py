"""Differences and merges whose every text is a payload."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contacts.actions.settlements import OFFERS
from contacts.actions.uniting import unite
from contacts.drift_queries import FIRST
from contacts.models import Contact, DriftItem, DriftReport
from sendblue_inbox.clock import now
from tests.security.payloads import PAYLOADS

from .planting import planted

if TYPE_CHECKING:
    from sendblue_inbox.models import User


def plant_drift(agent: User) -> list[str]:
    """A report with every cause, and two people to merge; the addresses that show them."""
    figures = dict.fromkeys(("here", "there", "counted", "only_here", "only_there", "differs"), 1)
    report = DriftReport.objects.create(
        author=agent, state=DriftReport.State.DONE, counts=figures, finished_at=now()
    )
    people = list(Contact.objects.filter(merged_into=None).order_by("-pk")[: FIRST + 4])
    items: list[DriftItem] = []
    for kind, cause in OFFERS:
        for at in range(FIRST):
            place = len(items)
            contact = None if kind == DriftItem.Kind.ONLY_THERE else people[at]
            one = PAYLOADS[place % len(PAYLOADS)]
            fields = {
                "company_name": [one, PAYLOADS[-at - 1]],
                f"custom_variables.{one}": ["", one],
            }
            fixed: dict[str, Any] = {"number": f"{one} {place}"[:254], "fields": fields}
            if at % 3:
                fixed["error"] = ""
            item = DriftItem(
                report=report,
                kind=kind,
                cause=cause,
                contact=contact,
                **planted(DriftItem, **fixed),
            )
            if at % 3 == 0:
                item.settled_as = OFFERS[kind, cause][0]
            items.append(item)
    DriftItem.objects.bulk_create(items)
    first, second, third = (person.pk for person in people[-3:])
    unite(people[-1], people[-4], author=agent, choices={})
    chosen = "kind={}&cause={}".format(*next(iter(OFFERS)))
    return [
        "/contacts/drift/",
        f"/contacts/drift/{report.pk}/?{chosen}",
        f"/contacts/{first}/unions/",
        f"/contacts/{first}/unions/{second}/",
        f"/contacts/{third}/",
    ]
