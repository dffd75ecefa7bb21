"""The audit log: whatever is done to it afterwards is found."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from sendblue_inbox.auditing import audit, digest_of, seal_of, tampering
from sendblue_inbox.models import AuditEntry, AuditHead
from tests.factories import make_agent

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db
ENTRIES = "sendblue_inbox_auditentry"


def fill(count: int = 5) -> None:
    agent = make_agent()
    for number in range(count):
        audit(
            "webhooks.replace", actor=agent, target=f"{number}", before={"é": [1, None]}, after={}
        )


def unguarded(statement: str) -> None:
    """What somebody with all rights in the database can do."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {ENTRIES} DISABLE TRIGGER audit_is_append_only")
        cursor.execute(statement)
        cursor.execute(f"ALTER TABLE {ENTRIES} ENABLE TRIGGER audit_is_append_only")


def test_an_untouched_log_is_told_so() -> None:
    fill()
    assert list(tampering()) == []
    call_command("verify_audit")


@pytest.mark.parametrize(
    "tamper",
    [
        f"UPDATE {ENTRIES} SET actor = 'someone@else.test' WHERE number = 3",
        f"UPDATE {ENTRIES} SET after = '{{}}', before = NULL WHERE number = 2",
        f"UPDATE {ENTRIES} SET at = at + interval '1 second' WHERE number = 5",
        f"DELETE FROM {ENTRIES} WHERE number = 1",
        f"DELETE FROM {ENTRIES} WHERE number = 3",
        f"DELETE FROM {ENTRIES} WHERE number = 5",
        f"DELETE FROM {ENTRIES}",
        f"INSERT INTO {ENTRIES} (number, at, actor, act, target, previous, digest)"
        " VALUES (6, now(), '', 'login', '', '', '')",
        f"UPDATE {ENTRIES} SET number = 9 WHERE number = 2",
        f"UPDATE {ENTRIES} SET number = CASE number WHEN 2 THEN -3 ELSE -2 END"
        f" WHERE number IN (2, 3); UPDATE {ENTRIES} SET number = -number WHERE number < 0",
    ],
)
def test_an_edited_removed_or_moved_entry_is_found(tamper: str) -> None:
    fill()
    unguarded(tamper)
    assert list(tampering())
    with pytest.raises(CommandError, match="tampered"):
        call_command("verify_audit")


def test_a_chain_that_was_computed_anew_lacks_the_seal() -> None:
    fill()
    unguarded(f"DELETE FROM {ENTRIES} WHERE number = 5")
    entry = AuditEntry.objects.get(number=4)
    entry.actor = "someone@else.test"
    entry.digest = digest_of(entry)
    unguarded(
        f"UPDATE {ENTRIES} SET actor = '{entry.actor}', digest = '{entry.digest}' WHERE number = 4"
    )
    head = AuditHead(pk=1, count=4, digest=entry.digest)
    head.seal = seal_of(head, secret="not the key of this installation")
    head.save()
    assert [sentence for sentence in tampering() if "SECRET_KEY" in sentence]


def test_a_new_key_with_the_old_one_kept_still_proves_the_log(settings: Settings) -> None:
    fill(1)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key, as after a rotation"
    assert list(tampering()) == []


@pytest.mark.parametrize("statement", ["UPDATE {} SET actor = ''", "DELETE FROM {}"])
def test_the_database_refuses_changes(statement: str) -> None:
    fill(1)
    refusal = pytest.raises(DatabaseError, match="only added to")
    with refusal, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(ENTRIES))


def test_an_act_that_is_undone_leaves_no_entry() -> None:
    fill(1)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        audit("totp.code", actor=None)
        raise ZeroDivisionError
    assert AuditEntry.objects.count() == AuditHead.objects.get().count == 1


@pytest.mark.django_db(transaction=True)
def test_acts_at_the_same_moment_make_one_chain() -> None:
    def act() -> None:
        for _ in range(5):
            audit("totp.code", actor=None)
        connection.close()

    threads = [threading.Thread(target=act) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(tampering()) == []
    assert AuditEntry.objects.count() == 20
