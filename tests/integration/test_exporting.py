"""Files of people: whole and of one moment, or marked as cut off."""

from __future__ import annotations

import asyncio
import csv
import hashlib
import io
from typing import TYPE_CHECKING

import pytest

from contacts.actions import exporting
from contacts.actions.exporting import export_pieces, start_export
from contacts.models import Contact, ContactExport
from contacts.presenting.exports import export_rows
from sendblue_inbox.roles import Role
from tests.factories import make_agent, make_contact

if TYPE_CHECKING:
    from django.http import StreamingHttpResponse
    from django.test import Client

# A connection of its own reads what is exported: it must be committed.
pytestmark = pytest.mark.django_db(transaction=True)


def people(count: int) -> None:
    """So many, in the order of their names."""
    for at in range(count):
        make_contact(
            f"+1415555{at:04d}",
            first_name=f"Ann {at:03d}",
            tags=["vip", "a, b"] if at % 2 else [],
            custom_variables={"Plan": "=1+1"} if at % 3 else {"Größe": "XL"},
        )


async def whole(answer: StreamingHttpResponse) -> bytes:
    return b"".join([piece async for piece in answer])


def rows_of(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_all_that_match_in_the_order_of_the_list() -> None:
    people(7)
    export = start_export(author=make_agent(name="Ana"), query="tag=vip&sort=newest")
    content = b"".join(export_pieces(export))
    header, *rows = rows_of(content)
    assert header[:5] == ["number", "first_name", "last_name", "company_name", "tags"]
    assert header[-2:] == ["Größe", "Plan"]
    assert [row[1] for row in rows] == ["Ann 005", "Ann 003", "Ann 001"]
    assert rows[0][0] == "+14155550005"
    assert rows[0][4] == 'vip, "a, b"'
    assert rows[0][-2:] == ["", "'=1+1"]
    export.refresh_from_db()
    assert (export.row_count, export.sha256) == (3, hashlib.sha256(content).hexdigest())
    (row,) = export_rows()
    assert (row.kind, row.whom) == ("done", "people tagged “vip”")


def test_a_file_tells_of_one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "AT_ONCE", 2)
    people(6)
    pieces = export_pieces(start_export(author=make_agent(), query=""))
    taken = [next(pieces), next(pieces)]
    Contact.objects.update(first_name="Changed")
    make_contact("+14155559999", first_name="Zoë")
    _header, *rows = rows_of(b"".join([*taken, *pieces]))
    assert [row[1] for row in rows] == [f"Ann {at:03d}" for at in range(6)]


def test_what_is_not_taken_to_its_end_is_not_finished(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "AT_ONCE", 2)
    people(6)
    export = start_export(author=make_agent(), query="")
    assert [row.kind for row in export_rows()] == ["running"]
    pieces = export_pieces(export)
    for _ in range(3):
        next(pieces)
    pieces.close()
    export.refresh_from_db()
    assert (export.finished_at, export.sha256) == (None, "")
    assert export.row_count in {2, 4}
    assert [row.kind for row in export_rows()] == ["cut"]


def test_a_manager_downloads_it(client: Client) -> None:
    people(4)
    client.force_login(make_agent(name="Ana Lima", role=Role.MANAGER))
    assert "<strong>2 contacts</strong>" in client.get("/contacts/exports/?q=xl").content.decode()
    answer = client.post("/contacts/exports/", {"query": "q=Ann+001", "for_excel": "on"})
    content = asyncio.run(whole(answer))
    assert content.startswith(b"\xef\xbb\xbf")
    assert answer["Content-Disposition"].startswith('attachment; filename="contacts-20')
    assert [row[1] for row in rows_of(content)[1:]] == ["Ann 001"]
    export = ContactExport.objects.get()
    assert export.finished_at
    assert export.sha256 == hashlib.sha256(content).hexdigest()
    assert export.sha256 in client.get("/contacts/exports/list/").content.decode()
