"""Words in use and exports whose every text is a payload; people come with their threads."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from contacts.models import ContactExport, Label
from tests.security.payloads import PAYLOADS

if TYPE_CHECKING:
    from sendblue_inbox.models import User

SEARCHES = PAYLOADS[::25]


def plant_people(agent: User) -> list[str]:
    """Tags, names of variables and taken lists; the addresses of pages that show them."""
    kinds = list(Label.Kind)
    Label.objects.bulk_create(
        (Label(kind=kinds[at % 2], name=one[:200]) for at, one in enumerate(PAYLOADS)),
        ignore_conflicts=True,
    )
    queries = [
        urlencode({"q": one, "tag": PAYLOADS[-at], "line": PAYLOADS[at + 3], "assignee": one})
        for at, one in enumerate(SEARCHES, 1)
    ]
    ContactExport.objects.bulk_create(
        ContactExport(author=agent, query=query, row_count=at) for at, query in enumerate(queries)
    )
    found = ["/contacts/", "/contacts/?sort=newest", "/contacts/?sendblue=refused"]
    return [*found, *(f"/contacts/?{query}" for query in queries[:4]), "/contacts/exports/"]
