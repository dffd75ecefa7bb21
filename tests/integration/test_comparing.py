"""The report of what is not the same here and at Sendblue, and settling it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db.models import F

from contacts.actions import comparing, running
from contacts.actions.comparing import begin, begin_nightly, drain_comparing
from contacts.actions.comparison import Comparison
from contacts.actions.consenting import record_consent
from contacts.actions.editing import create_contact, edit_contact, remove_contact
from contacts.actions.pushing import drain_pushing
from contacts.actions.repairing import ask
from contacts.actions.saving import ensure_contact, record_contacts
from contacts.actions.settlements import OFFERS, Settlement
from contacts.actions.uniting import unite
from contacts.models import Contact, DriftItem, DriftReport, DriftSighting
from sendblue_inbox.clock import now
from sendblue_inbox.rows import Turn
from sendblue_inbox.sendblue.client import client_from_settings
from tests.factories import make_agent

if TYPE_CHECKING:
    from sendblue_inbox.models import User
    from tests.conftest import Simulator

pytestmark = pytest.mark.django_db(transaction=True)
# One person for every cause; at the end of a number stands who it is.
ONLY_HERE = ("message", "never_pushed", "deleted_there")
ONLY_THERE = ("created_there", "deletion_waiting", "deletion_refused", "back_there")
DIFFERS = (
    *("changed_there", "not_pushed", "both", "conflict", "waiting", "refused", "emptied"),
    *("unread", "consent_here", "consent_there", "follows"),
)
OTHERS = ("same", "tagged", "waiting_new", "refused_new", "person")
NUMBERS = {
    name: f"+1415555{place}"
    for place, name in enumerate((*ONLY_HERE, *ONLY_THERE, *DIFFERS, *OTHERS), start=2000)
}


@pytest.fixture(autouse=True)
def in_haste(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pause between two requests: nobody else asks here."""
    monkeypatch.setattr("contacts.actions.comparison.REQUEST_SECONDS", 0)


@pytest.fixture
def agent() -> User:
    return make_agent()


def number(name: str) -> str:
    return NUMBERS[name]


def here(name: str) -> Contact:
    return Contact.objects.get(number=number(name))


def pull() -> None:
    record_contacts(client_from_settings().list_contacts(limit=1000))


def compare(report: DriftReport | None = None) -> DriftReport:
    report = report or begin(author=None)
    for _ in range(20):
        drain_comparing()
        report.refresh_from_db()
        if report.state not in comparing.UNDER_WAY:
            return report
    raise AssertionError(f"the report did not end: {report.state} {report.error}")


def found(report: DriftReport) -> dict[str, tuple[str, str]]:
    names = {number: name for name, number in NUMBERS.items()}
    rows = report.items.values_list("number", "kind", "cause")
    return {names.get(number, number): (kind, cause) for number, kind, cause in rows}


def make_every_cause(simulator: Simulator, agent: User) -> None:
    only_here = {"message", "never_pushed", "waiting_new", "refused_new"}
    late = {"created_there", "unread"}
    simulator.reset(
        contacts=[
            {
                "phone": phone,
                "first_name": f"First {name}",
                "tags": ["a", "b"],
                "custom_variables": {"plan": "gold"},
            }
            for name, phone in NUMBERS.items()
            if name not in only_here | late
        ],
        messages=[],
    )
    sendblue = client_from_settings()
    pull()
    Contact.objects.filter(number=number("tagged")).update(tags=["b", "a"])
    for name in ("message", "unread"):
        ensure_contact(number(name))
    for name in late:
        sendblue.create_contact(number=number(name), first_name=name)
    never = ensure_contact(number("never_pushed"))
    Contact.objects.filter(pk=never.pk).update(first_name="Never")
    sendblue.delete_contact(number=number("deleted_there"))

    refusal = {"status": 400, "body": {"status": "ERROR", "message": "Not this one"}}
    for method, name in (("PUT", "refused"), ("DELETE", "deletion_refused")):
        path = f"/api/v2/contacts/{number(name)}"
        simulator.fault(method=method, path=path, mode=refusal, times=1)
    # Takes the change and keeps the variable.
    kept = {
        "phone": number("emptied"),
        "first_name": "First emptied",
        "tags": ["a", "b"],
        "custom_variables": {"plan": "gold"},
    }
    answer = {"status": 200, "body": {"status": "OK", "contact": kept}}
    path = f"/api/v2/contacts/{number('emptied')}"
    simulator.fault(method="PUT", path=path, mode=answer, times=1)
    edit_contact(here("refused"), author=agent, first_name="Refused")
    edit_contact(here("emptied"), author=agent, custom_variables={})
    drain_pushing()
    for name in ("deletion_refused", "back_there"):
        remove_contact(here(name), author=agent)
    drain_pushing()
    unite(here("person"), here("follows"), author=agent, choices={})
    drain_pushing()
    simulator.fault(method="POST", path="/api/v2/contacts", mode=refusal, times=1)
    create_contact(number("refused_new"), author=agent, first_name="New")
    drain_pushing()

    sendblue.create_contact(number=number("back_there"), first_name="Again")
    sendblue.update_contact(number=number("follows"), first_name="Somebody else")
    for name in ("changed_there", "both"):
        sendblue.update_contact(number=number(name), company_name="Theirs")
    not_pushed = Contact.objects.filter(number__in=[number("not_pushed"), number("both")])
    not_pushed.update(company_name="Ours")
    edit_contact(here("conflict"), author=agent, company_name="Ours")
    sendblue.update_contact(number=number("conflict"), company_name="Theirs")
    record_contacts([sendblue.get_contact(number=number("conflict"))])
    drain_pushing()
    for name, opted_out in (("consent_here", True), ("consent_there", False)):
        contact = here(name)
        record_consent(contact, opted_out=opted_out, as_of=now(), source="word")
        sendblue.update_contact(number=number(name), opt_out=not opted_out)
    edit_contact(here("waiting"), author=agent, company_name="Ours")
    create_contact(number("waiting_new"), author=agent, first_name="Waits")
    remove_contact(here("deletion_waiting"), author=agent)
    assert Contact.objects.filter(push_state="waiting").count() == 3


def test_every_cause_is_told_and_settled(simulator: Simulator, agent: User) -> None:
    make_every_cause(simulator, agent)
    report = compare()
    assert (report.state, report.error) == ("done", "")
    assert found(report) == {
        **{name: ("only_here", name) for name in ONLY_HERE},
        **{name: ("only_there", name) for name in ONLY_THERE},
        **{name: ("differs", name) for name in DIFFERS},
        "waiting_new": ("only_here", "waiting"),
        "refused_new": ("only_here", "refused"),
    }
    counts = report.counts
    assert counts["only_here"] == 5
    assert (counts["there"], counts["counted"]) == (18, 18)
    assert counts["here"] == Contact.objects.filter(removed_at=None).count()
    assert counts["same"] + counts["differs"] + counts["only_here"] == counts["here"]
    assert (counts["looked"], counts["unlooked"]) == (20, 0)
    assert not DriftSighting.objects.exists()
    both = report.items.get(number=number("both"))
    assert both.fields == {"company_name": ["Ours", "Theirs"]}
    emptied = report.items.get(number=number("emptied"))
    assert emptied.fields == {"custom_variables.plan": [None, "gold"]}

    # Whatever is offered first settles it, each in one press.
    for kind, cause in set(report.items.values_list("kind", "cause")):
        alike = report.items.filter(kind=kind, cause=cause)
        assert ask(alike, OFFERS[kind, cause][0], author=agent) == alike.count()
    assert ask(report.items.all(), Settlement.TAKE_THEIRS, author=agent) == 0, "asked already"
    drain_comparing()
    assert not report.items.filter(settled_at=None).exists()
    assert not report.items.exclude(error="").exists()
    drain_pushing()
    assert (here("both").company_name, here("not_pushed").company_name) == ("Theirs", "Ours")
    assert here("deletion_refused").removed_at
    assert here("back_there").first_name == "Again"
    assert here("consent_there").opted_out
    history = here("both").changes.values_list("field", "source", "author")
    assert ("company_name", "sendblue", agent.pk) in history
    assert found(compare()) == {}


def test_the_other_way_of_settling(simulator: Simulator, agent: User) -> None:
    names = ("changed_there", "not_pushed", "deleted_there", "created_there")
    simulator.reset(contacts=[{"phone": number(name)} for name in names[:3]], messages=[])
    pull()
    sendblue = client_from_settings()
    sendblue.update_contact(number=number("changed_there"), custom_variables={"plan": "gold"})
    Contact.objects.filter(number=number("not_pushed")).update(tags=["ours"])
    sendblue.delete_contact(number=number("deleted_there"))
    sendblue.create_contact(number=number("created_there"), first_name="New")
    report = compare()
    for item in report.items.all():
        way = OFFERS[item.kind, item.cause][-1]
        assert ask(report.items.filter(pk=item.pk), way, author=agent) == 1
    # Changed since the report: not overwritten, and said.
    edit_contact(here("not_pushed"), author=agent, tags=["newer"])
    drain_comparing()
    drain_pushing()
    assert report.items.get(settled_at=None).error.startswith("It was changed since")
    assert here("not_pushed").tags == ["newer"]
    assert (here("deleted_there").removed_at is None, here("changed_there").custom_variables) == (
        False,
        {},
    )
    assert client_from_settings().count_contacts() == 2
    assert found(compare()) == {}


def test_what_changes_meanwhile_is_no_drift(simulator: Simulator, agent: User) -> None:
    names = ("changed_there", "not_pushed", "both", "waiting", "same")
    simulator.reset(contacts=[{"phone": number(name)} for name in names], messages=[])
    pull()
    sendblue = client_from_settings()
    for name in ("changed_there", "both"):
        sendblue.update_contact(number=number(name), first_name="Theirs")
    edit_contact(here("not_pushed"), author=agent, first_name="Ours")
    sendblue.create_contact(number=number("created_there"))
    begin(author=agent)
    report = running.claim(DriftReport.objects.all())
    assert report
    work = Comparison(report, sendblue, Turn())
    work.read()
    assert report.items.count() == 4
    # What was read is news no more, and there is other news.
    pull()
    drain_pushing()
    edit_contact(here("waiting"), author=agent, first_name="On its way")
    ensure_contact(number("message"))
    assert work.look()
    assert found(report) == {}


def test_of_many_suspects_only_some_are_asked_about(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("contacts.actions.comparison.MOST_LOOKS", 25)
    phones = [f"+1415556{place:04d}" for place in range(1020)]
    rows = [{"phone": phone, "first_name": "A"} for phone in phones]
    simulator.reset(contacts=rows, messages=[])
    Contact.objects.bulk_create(
        Contact(number=phone, first_name="A", at_sendblue={"first_name": "A"})
        for phone in phones[:1000]
    )
    client_from_settings().update_contact(number=phones[0], first_name="B")
    Contact.objects.filter(number__in=phones[900:940]).update(first_name="C")
    report = compare()
    counts = report.counts
    assert (counts["here"], counts["there"], counts["counted"]) == (1000, 1020, 1020)
    assert (counts["only_there"], counts["differs"], counts["unlooked"]) == (20, 41, 36)
    assert len(simulator.ledger("/api/v2/contacts")) == 2, "a thousand a page"


def test_failures_are_said_and_survived(simulator: Simulator) -> None:
    simulator.reset(contacts=[{"phone": number("same")}], messages=[])
    pull()
    simulator.fault(method="GET", path="/api/v2/contacts", mode={"status": 500}, times=4)
    report = begin(author=None)
    drain_comparing()
    report.refresh_from_db()
    assert (report.state, report.error) == (
        "reading",
        "Sendblue gave no usable answer. This goes on by itself.",
    )
    DriftReport.objects.update(lease_until=now())
    simulator.control("DELETE", "faults")
    assert (compare(report).state, report.error, report.counts["same"]) == ("done", "", 1)

    simulator.fault(method="GET", path="/api/v2/contacts/count", mode={"status": 401}, times=1)
    assert compare().error == "Sendblue refuses our keys."
    stopped = begin(author=None)
    assert begin(author=None) == stopped, "one at a time"
    comparing.stop(stopped)
    assert (compare(stopped).state, stopped.error) == ("failed", "Stopped before it was done.")


def test_every_night_there_is_one(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    simulator.reset(contacts=[], messages=[])
    at = now().replace(hour=2, minute=59)
    monkeypatch.setattr(comparing, "now", lambda: at)
    assert begin_nightly() is None
    at += timedelta(minutes=2)
    report = begin_nightly()
    assert report and report.author is None
    assert begin_nightly() is None
    DriftReport.objects.update(created_at=F("created_at") - timedelta(days=2), state="done")
    assert begin_nightly() not in (None, report)
    assert not DriftItem.objects.exists()
