"""An import whose worker dies at every batch, in all that it does, ends as if nobody had died."""

from __future__ import annotations

import io
import itertools
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection

from contacts.actions.consenting import record_consent
from contacts.actions.editing import edit_contact
from contacts.actions.importing import accept_file, remap, start_check, start_save, start_undo
from contacts.models import ConsentChange, Contact, ContactChange, ContactImport, ImportRow
from inbox.models import Thread
from sendblue_inbox.clock import now
from tests.factories import make_agent, make_contact

from .test_crash_points import KILLED, Office, Scene, driver, office

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sendblue_inbox.models import User

__all__ = ["driver", "office"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.chaos]
IMPORTED = Scene(drains=("importing",), click=False)
ROWS = 80  # of which the driver does ten at a time
KNOWN = 25
LIVES: dict[str, Sequence[str]] = {
    "checking": ("importing.checking", "importing.checked", "importing.checked"),
    "saving": ("importing.saving", "importing.saved", "importing.saved"),
    "undoing": ("importing.undoing", "importing.undone", "importing.undone"),
}


def number(at: int) -> str:
    return f"+1415555{at:04d}"


def people() -> bytes:
    """Some are known, some are twice in the file, some want nothing more, one is nobody."""
    lines = ["Phone,First name,Tags,Plan,Opted out"]
    for at in range(ROWS):
        whose = number(at if at % 9 else at // 2)
        opted_out = "yes" if at % 11 == 3 else ""
        lines.append(f'{whose if at != 40 else "nobody"},Ann {at},"a; t{at % 3}",{at},{opted_out}')
    return "\n".join(lines).encode()


def test_who_dies_at_every_batch_comes_to_the_same_end(office: Office) -> None:
    agent = make_agent()
    alive = whole_import(office, agent, dies=False)
    for model in (ImportRow, ContactImport, ContactChange, ConsentChange, Contact):
        model.objects.all().delete()
    assert whole_import(office, agent, dies=True) == alive
    checked, _saved, undone = alive
    assert len(checked["people"]) == KNOWN, "a dry run writes nobody"
    assert undone["run"][1]["kept"] > 0


def whole_import(office: Office, agent: User, *, dies: bool) -> list[dict[str, Any]]:
    """A file is checked, saved and undone; what there is after each."""
    for at in range(KNOWN):
        make_contact(number(at), first_name="Old" if at % 2 else "", tags=["t1"])
    stopped = Contact.objects.get(number=number(7))
    record_consent(stopped, opted_out=True, as_of=now(), source="word")
    run = accept_file(io.BytesIO(people()), name="people.csv", author=agent)
    run = remap(run, existing=ContactImport.Existing.OVERWRITE)
    start_check(run)
    found = [told(office, run, "checking", dies=dies)]
    start_save(run)
    found.append(told(office, run, "saving", dies=dies))
    edited_since(agent)
    start_undo(run)
    return [*found, told(office, run, "undoing", dies=dies)]


def edited_since(agent: User) -> None:
    edit_contact(Contact.objects.get(number=number(50)), author=agent, first_name="Zoë")
    edit_contact(Contact.objects.get(number=number(5)), author=agent, company_name="Alder")
    edit_contact(Contact.objects.get(number=number(11)), author=agent, first_name="Zoë")


def told(office: Office, run: ContactImport, state: str, *, dies: bool) -> dict[str, Any]:
    """All that there is once the work is done, which a worker does in one life or in many."""
    codes = []
    for at, point in zip(range(60), itertools.cycle(LIVES[state]), strict=False):
        office.crash_file = office.crash_file.with_suffix(f".{state}{at}")
        codes.append(office.live(IMPORTED, Thread(pk=0), crash_at=point if dies else ""))
        ContactImport.objects.update(lease_until=None)  # the lease of the dead ran out
        run.refresh_from_db()
        if run.state != state:
            break
    assert codes[-1] == 0 and set(codes[:-1]) <= {KILLED}
    assert len(codes) - 1 == (12 if dies else 0), f"{state} was not interrupted at each batch"
    return dict(everything(run))


def everything(run: ContactImport) -> Iterator[tuple[str, Any]]:
    """What is in the tables, without keys and moments."""
    yield "run", (run.state, run.counts, run.position, run.total, run.error, run.lease)
    people = Contact.objects.order_by("number")
    names = ("number", "first_name", "tags", "custom_variables", "company_name", "opted_out")
    also = ("version", "push_state", "search_text")
    yield "people", list(people.values_list(*names, *also))
    yield "removed", list(people.exclude(removed_at=None).values_list("number", flat=True))
    yield "imported", people.filter(last_import=run).count()
    rows = ImportRow.objects.order_by("row")
    yield (
        "rows",
        list(
            rows.values_list(
                "row", "line", "number", "verdict", "values", "changes", "duplicate_of"
            )
        ),
    )
    history = ContactChange.objects.order_by("contact__number", "field", "id")
    yield "history", list(history.values_list("contact__number", "field", "before", "after"))
    words = ConsentChange.objects.order_by("contact__number", "id")
    yield "words", list(words.values_list("contact__number", "opted_out", "source"))
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT count(*) FROM contacts_importrow AS one JOIN contacts_contact AS person
               ON person.id = one.contact_id AND person.number = one.number"""
        )
        yield "linked", cursor.fetchone()
