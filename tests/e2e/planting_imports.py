"""Files of people whose every text is a payload: their names, columns and cells."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from contacts.actions.importing import accept_file
from contacts.import_queries import PAGE
from contacts.models import ContactImport, ImportRow
from sendblue_inbox.clock import now
from tests.security.payloads import PAYLOADS, SHORT

from .planting import planted

if TYPE_CHECKING:
    from sendblue_inbox.models import User

WIDTH = 20
SHOWN = (
    ImportRow.Verdict.NEW,
    ImportRow.Verdict.CHANGED,
    ImportRow.Verdict.DUPLICATE,
    ImportRow.Verdict.REFUSED,
)


def plant_upload(agent: User) -> ContactImport:
    """A file whose columns are to be confirmed."""
    text = io.StringIO()
    table = csv.writer(text)
    for at in range(0, len(PAYLOADS) - WIDTH, WIDTH):
        table.writerow(["+14155550123", *PAYLOADS[at : at + WIDTH]])
    return accept_file(io.BytesIO(text.getvalue().encode()), name=f"{SHORT[0]}.csv", author=agent)


def plant_imports(agent: User) -> ContactImport:
    """A page of imports that went every way, the newest with a page of rows of each kind; that."""
    states = [*ContactImport.State, ContactImport.State.CHECKED]
    for at in range(len(states) * 3):
        columns = planted(ContactImport, error=SHORT[at % len(SHORT)])
        run = ContactImport.objects.create(
            author=agent,
            state=states[at % len(states)],
            size=1,
            total=1,
            position=1,
            lease_until=now(),
            checked_at=now(),
            counts=dict.fromkeys(SHOWN, PAGE),
            encoding="utf-8-sig",
            delimiter=",",
            **columns,
        )
    rows = []
    for at in range(PAGE * len(SHOWN)):
        before, after = PAYLOADS[at % len(PAYLOADS)], PAYLOADS[(at + 7) % len(PAYLOADS)]
        changes = {
            "first_name": [before, after],
            "tags": [[], [before]],
            "custom_variables": [{}, {before: after}],
        }
        columns = planted(ImportRow, changes=changes)
        verdict = SHOWN[at % len(SHOWN)]
        rows.append(
            ImportRow(run=run, row=at + 1, line=at + 1, column=1, verdict=verdict, **columns)
        )
    ImportRow.objects.bulk_create(rows)
    return run
