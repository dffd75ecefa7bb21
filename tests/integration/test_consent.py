"""Nothing goes to a number that opted out, and the ledger tells at any time who did and when."""

from __future__ import annotations

import uuid
from itertools import permutations
from typing import TYPE_CHECKING

import pytest
from django.db import transaction

from contacts.actions.consenting import rebuild_consent, record_consent
from contacts.actions.saving import record_contacts
from contacts.models import ConsentChange, Contact
from inbox.actions.claiming import claim_next
from inbox.actions.queueing import Refused, insert_queued, queue_message, send_again
from inbox.actions.sending import drain_sending
from inbox.failures import explain
from inbox.models import Kind, Line, Message, SendState, Thread
from sendblue_inbox.sendblue.payloads import ContactPayload
from tests.factories import ANNA, BEN, make_agent, make_contact, make_thread, moment, receive

if TYPE_CHECKING:
    from sendblue_inbox.models import User
    from tests.conftest import Simulator

pytestmark = pytest.mark.django_db(transaction=True)
Source = ConsentChange.Source


@pytest.fixture
def agent() -> User:
    return make_agent()


def write(thread: Thread, agent: User, content: str = "Hello") -> Message:
    return queue_message(thread, author=agent, content=content, client_ref=uuid.uuid4())


def test_what_waited_when_stop_came_is_refused_and_never_posted(
    simulator: Simulator, agent: User
) -> None:
    thread, elsewhere = make_thread(), make_thread(number=BEN)
    ours = [write(thread, agent, f"message {at}") for at in range(2)]
    other = write(elsewhere, agent)
    receive(content=" Stop. ")
    drain_sending()
    for message in Message.objects.filter(pk__in=[one.pk for one in ours]):
        assert message.send_state == SendState.REJECTED
        assert explain(message) == "Not sent. They opted out before this could go"
    posted = [entry["body"]["number"] for entry in simulator.ledger("/api/send-message")]
    assert posted == [BEN]
    assert Message.objects.get(pk=other.pk).send_state == SendState.ACCEPTED


def test_a_stop_between_the_look_and_the_claim_is_seen(agent: User) -> None:
    message, sender = write(make_thread(), agent), uuid.uuid4()
    Line.objects.update(sender=sender)
    Contact.objects.update(opted_out=True)
    assert claim_next(message.line_id, sender) is None
    assert Message.objects.get().send_state == SendState.REJECTED


def test_no_way_leads_around_an_opt_out(agent: User) -> None:
    thread = make_thread()
    failed = receive(is_outbound=True, status="ERROR")
    group = receive(group_id="group-1", participants=[ANNA, BEN], number=BEN).thread
    receive(content="STOP")
    with pytest.raises(Refused, match="has opted out"):
        write(thread, agent)
    with pytest.raises(Refused, match="has opted out"):
        send_again(failed, author=agent, client_ref=uuid.uuid4())
    with pytest.raises(Refused, match="has opted out"):
        write(group, agent)
    for kind in set(Kind) - {Kind.GROUP_REMOVE}:
        with transaction.atomic(), pytest.raises(Refused, match="has opted out"):
            insert_queued(thread, author=agent, client_ref=uuid.uuid4(), kind=kind)
    receive(content="START")
    assert write(thread, agent).send_state == SendState.QUEUED
    assert write(group, agent).send_state == SendState.QUEUED


def test_the_ledger_gives_todays_state_in_any_order_and_repetition() -> None:
    same = moment(-20)
    words = [
        {"opted_out": True, "as_of": moment(-50), "source": Source.WORD, "message_handle": "stop"},
        {"opted_out": True, "as_of": moment(-40), "source": Source.REFUSAL},
        {"opted_out": False, "as_of": moment(-30), "source": Source.WORD, "message_handle": "go"},
        {"opted_out": True, "as_of": same, "source": Source.FLAG, "message_handle": "hi"},
        {"opted_out": False, "as_of": same, "source": Source.WORD, "message_handle": "go2"},
    ]
    for order in permutations(words):
        contact = make_contact(ANNA)
        for word in (*order, order[0]):
            record_consent(contact, **word)
        contact.refresh_from_db()
        assert contact.opted_out
        assert contact.opted_out_as_of == words[3]["as_of"]
        assert contact.consent_changes.count() == len(words)
        Contact.objects.update(opted_out=False, opted_out_as_of=None)
        assert rebuild_consent(contact)
        contact.refresh_from_db()
        assert contact.opted_out_as_of == words[3]["as_of"]
        contact.consent_changes.all().delete()
        Contact.objects.update(opted_out=False, opted_out_as_of=None)


def test_sendblues_list_counts_only_where_nobody_said_anything() -> None:
    def listed(number: str, *, opted_out: bool) -> Contact:
        record_contacts([ContactPayload.parse({"phone": number, "opt_out": opted_out})])
        return Contact.objects.get(number=number)

    assert listed(BEN, opted_out=True).opted_out
    assert not listed(BEN, opted_out=False).opted_out
    assert rebuild_consent(listed(BEN, opted_out=True))
    receive(content="STOP")
    assert listed(ANNA, opted_out=False).opted_out
    receive(content="START", number=BEN)
    assert not listed(BEN, opted_out=True).opted_out
    for contact in Contact.objects.all():
        assert rebuild_consent(contact) == contact.opted_out
