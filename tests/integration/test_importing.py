"""Lists of people from files: judged without writing, saved as judged, and taken back."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.storage import default_storage
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contacts.actions import import_turns, importing
from contacts.actions.consenting import record_consent
from contacts.actions.editing import edit_contact, remove_contact
from contacts.actions.exporting import export_pieces, start_export
from contacts.actions.import_turns import drain_importing
from contacts.actions.merging import NOTHING, values_of
from contacts.actions.saving import index_for_search
from contacts.import_queries import at_sendblue, rejected_rows, saved_here, verdict_counts
from contacts.models import Contact, ContactChange, ContactImport, ImportRow
from contacts.queries import matching
from sendblue_inbox.clock import now
from tests.factories import ANNA, BEN, make_agent, make_contact

if TYPE_CHECKING:
    from pathlib import Path

    from sendblue_inbox.models import User

pytestmark = pytest.mark.django_db(transaction=True)
CLEO = "+14155550125"
HEAD = "Phone,First name,Company,Tags,Plan,Opted out\n"
FILL, OVERWRITE, SKIP = ContactImport.Existing.values
State = ContactImport.State


@pytest.fixture(autouse=True)
def storage(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def agent() -> User:
    return make_agent()


def checked(author: User, text: str | bytes, existing: str = FILL) -> ContactImport:
    """A file after its dry run."""
    content = text.encode() if isinstance(text, str) else text
    run = importing.accept_file(io.BytesIO(content), name="people.csv", author=author)
    run = importing.remap(run, existing=existing)
    return done(importing.start_check(run))


def done(run: ContactImport) -> ContactImport:
    """The run when nothing is left to be done by itself."""
    drain_importing()
    run.refresh_from_db()
    assert run.lease is None
    return run


def saved(author: User, text: str | bytes, existing: str = FILL) -> ContactImport:
    return done(importing.start_save(checked(author, text, existing)))


def verdicts(run: ContactImport) -> list[str]:
    return list(ImportRow.objects.filter(run=run).order_by("row").values_list("verdict", flat=True))


def everybody() -> list[dict[str, Any]]:
    return list(Contact.objects.order_by("pk").values())


def test_a_dry_run_writes_nothing_and_the_run_is_as_it_said(agent: User) -> None:
    make_contact(ANNA, first_name="Ann", tags=["old"], custom_variables={"Plan": "free"})
    before = everybody()
    text = HEAD + f"{ANNA},Anna,Alder,vip,gold,\n{BEN},Ben,,,,\n{BEN},Benjamin,,,,no\nx,Dora,,,,\n"
    run = checked(agent, text)
    assert everybody() == before and not ContactChange.objects.exists()
    assert verdicts(run) == ["changed", "duplicate", "new", "refused"]
    first, twice, _new, refused = ImportRow.objects.filter(run=run).order_by("row")
    assert first.changes == {"company_name": ["", "Alder"], "tags": [["old"], ["old", "vip"]]}
    assert (twice.duplicate_of, refused.column, refused.cells[1]) == (3, 0, "Dora")
    run = done(importing.start_save(run))
    assert (run.state, verdict_counts(run)["new"], saved_here(run)) == (State.DONE, 1, (2, 2))
    anna, ben = Contact.objects.get(number=ANNA), Contact.objects.get(number=BEN)
    assert (anna.first_name, anna.company_name, anna.tags) == ("Ann", "Alder", ["old", "vip"])
    assert (ben.first_name, ben.version, ben.push_state) == ("Benjamin", 1, "waiting")
    assert list(matching("benj")) == [ben] and at_sendblue(run)["waiting"] == 2
    told = ContactChange.objects.filter(run=run).order_by("field")
    assert [(row.contact, row.field, row.source) for row in told] == [
        (anna, "company_name", "csv"),
        (anna, "tags", "csv"),
    ]


@pytest.mark.parametrize(
    ("existing", "verdict", "name", "plan"),
    [
        (FILL, "same", "Ann", "free"),
        (OVERWRITE, "changed", "Anna", "gold"),
        (SKIP, "skipped", "Ann", "free"),
    ],
)
def test_what_becomes_of_who_is_there_is_asked(
    agent: User, existing: str, verdict: str, name: str, plan: str
) -> None:
    make_contact(ANNA, first_name="Ann", company_name="Alder", custom_variables={"Plan": "free"})
    run = saved(agent, HEAD + f"{ANNA},Anna,,,gold,\n", existing)
    anna = Contact.objects.get()
    assert verdicts(run) == [verdict]
    assert (anna.first_name, anna.custom_variables) == (name, {"Plan": plan})
    assert anna.company_name == "Alder", "an empty cell says nothing"
    assert verdicts(checked(agent, HEAD + f"{ANNA},Anna,,,gold,\n", existing)) == [
        "same" if verdict == "changed" else verdict
    ]


def test_a_file_opts_out_and_never_in(agent: User) -> None:
    anna, ben = make_contact(ANNA), make_contact(BEN)
    record_consent(anna, opted_out=True, as_of=now(), source="word")
    text = HEAD + f"{ANNA},Anna,,,,no\n{BEN},Ben,,,,yes\n{CLEO},Cleo,,,,yes\n"
    run = saved(agent, text, SKIP)
    assert verdicts(run) == ["opted_out", "changed", "new"]
    assert Contact.objects.filter(opted_out=True).count() == 3
    anna.refresh_from_db()
    ben.refresh_from_db()
    assert (anna.first_name, ben.first_name) == ("", ""), "only the opt-out is heard in this mode"
    word = ben.consent_changes.get()
    assert (word.source, word.author, word.as_of) == ("csv", agent, run.created_at)
    # Who has said something newer than the file is believed.
    record_consent(ben, opted_out=False, as_of=now(), source="word")
    ContactImport.objects.filter(pk=run.pk).update(state=State.CHECKED)
    done(importing.start_save(run))
    ben.refresh_from_db()
    assert not ben.opted_out
    run = done(importing.start_undo(run))
    assert Contact.objects.get(number=CLEO).opted_out, "an opt-out outlives its file"


def test_other_numbers_and_removed_people(agent: User) -> None:
    anna = make_contact(ANNA, first_name="Anna")
    make_contact(BEN, merged_into=anna)
    cleo = make_contact(CLEO, first_name="Cleo", company_name="Old")
    remove_contact(cleo, author=agent)
    text = HEAD + f"{ANNA},,Birch,,,\n{CLEO},Cleo,,,,\n{BEN},,Alder,,,\n"
    run = saved(agent, text)
    assert verdicts(run) == ["duplicate", "new", "changed"]
    anna.refresh_from_db()
    cleo.refresh_from_db()
    assert anna.company_name == "Alder"
    assert (cleo.removed_at, cleo.first_name, cleo.company_name) == (None, "Cleo", "")


def test_what_was_edited_since_the_dry_run_counts(agent: User) -> None:
    anna = make_contact(ANNA)
    run = checked(agent, HEAD + f"{ANNA},Anna,Alder,,,\n{BEN},Ben,,,,\n{CLEO},Cleo,,,,\n")
    edit_contact(anna, author=agent, first_name="Annie")
    make_contact(BEN, first_name="Ben")
    run = done(importing.start_save(run))
    assert verdicts(run) == ["changed", "same", "new"]
    row = ImportRow.objects.get(run=run, row=1)
    assert row.changes == {"company_name": ["", "Alder"]}
    assert run.counts == {"changed": 1, "same": 1, "new": 1}
    anna.refresh_from_db()
    assert (anna.first_name, anna.company_name) == ("Annie", "Alder")


def test_an_undo_restores_all_but_what_was_edited_since(agent: User) -> None:
    make_contact(ANNA, first_name="Ann", tags=["old"], custom_variables={"Plan": "free"})
    before = values_of(Contact.objects.get())
    rows = f"{ANNA},Anna,Alder,vip,gold,\n{BEN},Ben,Birch,vip,,\n{CLEO},Cleo,,,,\n"
    run = saved(agent, HEAD + rows, OVERWRITE)
    anna = edit_contact(Contact.objects.get(number=ANNA), author=agent, company_name="Yew")
    ben = edit_contact(Contact.objects.get(number=BEN), author=agent, tags=["mine", "vip"])
    run = done(importing.start_undo(run))
    assert (run.state, run.position, run.undone_at is None) == (State.UNDONE, 0, False)
    assert {name: run.counts[name] for name in ("removed", "restored", "kept")} == {
        "removed": 1,
        "restored": 2,
        "kept": 1,
    }
    anna.refresh_from_db()
    ben.refresh_from_db()
    cleo = Contact.objects.get(number=CLEO)
    assert values_of(anna) == {**before, "company_name": "Yew"}
    assert values_of(ben) == {**NOTHING, "tags": ["mine"]} and ben.removed_at is None
    assert cleo.removed_at and values_of(cleo) == NOTHING and cleo.push_state == "waiting"
    with pytest.raises(importing.NotNow):
        importing.start_undo(run)


def test_who_cancels_keeps_what_was_saved_and_can_undo_it(
    agent: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("contacts.actions.bringing.BATCH", 2)
    rows = "".join(f"+1415555{at:04d},P{at},,,,\n" for at in range(9))
    run = importing.start_save(checked(agent, HEAD + rows))
    importing.ask_to_cancel(run)
    run = done(run)
    assert (run.state, run.position, Contact.objects.count()) == (State.CANCELLED, 2, 2)
    run = done(importing.start_undo(run))
    assert run.counts["removed"] == Contact.objects.exclude(removed_at=None).count() == 2


def test_refused_rows_come_back_corrected(agent: User) -> None:
    run = saved(agent, HEAD + f"{ANNA},Anna,,,,\n12,=1+1,,,,\n+49,Dora,,,,maybe\n")
    rows = list(rejected_rows(run))
    assert rows[0][-1] == "reason" and len(rows) == 3
    assert (rows[1][1], "not a phone number" in rows[1][-1]) == ("'=1+1", True)
    rows[1][0], rows[2][0] = BEN, CLEO
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    run = saved(agent, text.getvalue())
    assert verdicts(run) == ["new", "refused"]
    ben = Contact.objects.get(number=BEN)
    assert (ben.first_name, ben.custom_variables) == ("=1+1", {})


def test_columns_are_remembered(agent: User) -> None:
    text = f"Handset,Rank\n{ANNA},gold\n"
    run = importing.accept_file(io.BytesIO(text.encode()), name="../x/p.csv", author=agent)
    assert (run.name, [column["target"] for column in run.columns]) == (
        "p.csv",
        ["number", "variable"],
    )
    importing.remap(run, columns=[("number", ""), ("tag", "")], country="DE")
    done(importing.start_check(run))
    again = importing.accept_file(io.BytesIO(text.encode()), name="p.csv", author=agent)
    assert ([column["target"] for column in again.columns], again.country) == (
        ["number", "tag"],
        "DE",
    )
    with pytest.raises(importing.NotNow):
        importing.remap(again, columns=[("number", ""), ("number", "")])
    importing.remap(again, columns=[("", ""), ("tag", "")])
    with pytest.raises(importing.NotNow):
        importing.start_check(again)


def test_old_imports_are_forgotten_but_for_their_counts(agent: User) -> None:
    run = saved(agent, HEAD + f"{ANNA},Anna,,,,\n")
    assert default_storage.exists(run.stored_as)
    drain_importing()
    assert ImportRow.objects.exists()
    old = now() - import_turns.KEPT - timedelta(days=1)
    ContactImport.objects.update(created_at=old)
    drain_importing()
    name = run.stored_as
    run.refresh_from_db()
    assert (run.stored_as, run.can_be_undone, default_storage.exists(name)) == ("", False, False)
    assert verdict_counts(run)["new"] == 1 and not ImportRow.objects.exists()


names = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8)
labels = names.map(str.strip).filter(lambda label: bool(label) and label != "custom_variables.")
found = st.fixed_dictionaries(
    {
        **dict.fromkeys(("first_name", "last_name", "company_name"), names),
        "tags": st.lists(labels, unique=True, max_size=3),
        "custom_variables": st.dictionaries(labels, names, max_size=3),
        "opted_out": st.booleans(),
        "sendblue_number": st.sampled_from(["", BEN]),
        "assigned_to_email": st.sampled_from(["", "ana@example.com"]),
    }
)


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(people=st.lists(found, max_size=4))
def test_import_of_an_export_changes_nothing(agent: User, people: list[dict[str, Any]]) -> None:
    Contact.objects.all().delete()
    ContactImport.objects.all().delete()
    for at, values in enumerate(people):
        contact = Contact(number=f"+1415555{at:04d}", **values)
        index_for_search(contact)
        contact.save()
    before = everybody()
    content = b"".join(export_pieces(start_export(author=agent, query="")))
    run = importing.accept_file(io.BytesIO(content), name="export.csv", author=agent)
    if not people:
        assert run.state == State.REFUSED
        return
    done(importing.start_check(importing.remap(run, existing=OVERWRITE)))
    assert set(verdicts(run)) <= {"same", "opted_out"}, list(ImportRow.objects.values())
    assert len(verdicts(run)) == len(people)
    run.refresh_from_db()
    done(importing.start_save(run))
    assert everybody() == before and not ContactChange.objects.exists()
