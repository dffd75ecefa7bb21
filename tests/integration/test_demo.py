"""What seed_demo makes up is what the actions would have written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.core.management import call_command

from contacts.actions.saving import index_for_search
from contacts.models import Contact
from contacts.queries import matching
from inbox.actions.touching import LAST_COLUMNS, touch_thread
from inbox.demo import zipf_lengths
from inbox.models import Message, Participant, Thread
from inbox.queries import ThreadFilter, thread_page
from tests.factories import make_agent, receive

if TYPE_CHECKING:
    from typing import Any

pytestmark = pytest.mark.django_db


def test_a_recount_agrees_with_what_threads_repeat(capsys: Any) -> None:
    agent = make_agent()
    call_command("seed_demo", threads=300, messages=4000, contacts=200)
    call_command("seed_demo", threads=50, messages=60, contacts=50)
    assert (Thread.objects.count(), Message.objects.count()) == (350, 4060)
    assert Participant.objects.count() == 350
    assert Thread.objects.filter(trouble_count__gt=0).exists()
    for thread in Thread.objects.all():
        before = [getattr(thread, name) for name in LAST_COLUMNS]
        newest = thread.messages.latest("date_sent")
        thread.revision -= 1  # touch_thread counts the message's own revision
        thread.last_inbound_revision = 0 if newest.is_news else thread.last_inbound_revision
        touch_thread(thread, newest)
        thread.refresh_from_db()
        assert [getattr(thread, name) for name in LAST_COLUMNS] == before
    unread = thread_page(Thread.objects.all(), user=agent, filters=ThreadFilter(view="unread"))
    assert unread.threads
    assert all(1 <= thread.unread <= 5 for thread in unread.threads)


def test_people_are_found_and_real_messages_join_in() -> None:
    call_command("seed_demo", threads=20, messages=50, contacts=20)
    contact = Contact.objects.order_by("pk")[7]
    assert contact in matching(contact.number[-4:])
    assert contact in matching(contact.first_name[:4].lower())
    pieces = contact.search_pieces
    index_for_search(contact)
    assert contact.search_pieces == pieces
    thread = Thread.objects.get(contact=contact)
    message = receive(number=contact.number, line=thread.line.number)
    assert (message.thread, message.first_revision) == (thread, thread.revision + 1)


def test_lengths_follow_zipf_and_add_up() -> None:
    lengths = zipf_lengths(100_000, 1_000_000)
    assert sum(lengths) == 1_000_000
    assert 15_000 < lengths[0] < 25_000
    assert lengths[-1] >= 1
