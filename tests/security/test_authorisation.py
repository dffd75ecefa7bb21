"""Every address × everybody: an address without an expected row fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.urls import URLPattern, get_resolver

from sendblue_inbox.roles import Role
from tests.factories import make_agent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client

pytestmark = pytest.mark.django_db(transaction=True)


def names(words: str) -> frozenset[str]:
    """The names in a text."""
    return frozenset(words.split())


# Addresses for machines and for who has no login yet: each proves by itself who asks.
OPEN = names(
    """
    up ready hooks:event hooks:status inbox:events
    account_login account_logout account_inactive account_signup account_reset_password
    account_reset_password_done account_reset_password_from_key
    account_reset_password_from_key_done account_confirm_login_code account_confirm_email
    account_email_verification_sent
    """
)
# (who may look, who may change something): the names of addresses.
EXPECTED: dict[tuple[Role, Role], frozenset[str]] = {
    # One's own: password, preferences, what one has read.
    (Role.VIEWER, Role.VIEWER): names(
        """
        account_reauthenticate account_email account_change_password account_set_password
        inbox:preferences inbox:read inbox:unread
        """
    ),
    # Work in conversations and on single people.
    (Role.VIEWER, Role.AGENT): names(
        """
        inbox:index inbox:threads inbox:thread_list inbox:new_thread inbox:thread inbox:messages
        inbox:changes inbox:files inbox:add_file inbox:reactions inbox:line inbox:lookup
        inbox:assignment inbox:closure inbox:typing inbox:location_request inbox:facetime_call
        inbox:group_name inbox:group_photo inbox:group_people inbox:group_removal
        inbox:group_reading inbox:group_line inbox:message inbox:message_by_handle inbox:place
        inbox:again inbox:evidence inbox:deletion inbox:dismissal inbox:sent inbox:cancellation
        inbox:trouble inbox:trouble_list inbox:trouble_badge inbox:trouble_attempts
        inbox:trouble_marks inbox:trouble_dismissals inbox:vault inbox:retry_file
        inbox:remove_file inbox:preview inbox:file inbox:person_threads inbox:person_lookup
        inbox:person_conversation
        contacts:contacts contacts:contact_list contacts:contact_count contacts:new
        contacts:number contacts:labels contacts:contact contacts:card contacts:field
        contacts:tags contacts:variables contacts:conflicts contacts:saving contacts:consent
        contacts:verification contacts:removal contacts:restoration contacts:history
        contacts:unions contacts:union_people contacts:union contacts:union_preview
        contacts:union_undo contacts:imports contacts:import_list contacts:import
        contacts:import_progress contacts:import_rows contacts:import_refused
        contacts:jobs_list contacts:job contacts:job_progress
        contacts:drift contacts:drift_cancellation contacts:drift_settlements
        contacts:drift_live contacts:drift_report contacts:drift_report_live
        webhooks_admin:subscriptions
        """
    ),
    # What concerns many people or a line: everybody may look.
    (Role.VIEWER, Role.MANAGER): names("contacts:jobs"),
    (Role.AGENT, Role.AGENT): names("totp:secrets totp:code totp:log"),
    (Role.MANAGER, Role.MANAGER): names(
        """
        contacts:exports contacts:export_list contacts:import_files contacts:import_columns
        contacts:import_check contacts:import_saving contacts:import_cancellation
        contacts:import_undo contacts:job_confirmation contacts:job_cancellation
        contacts:job_undo
        inbox:read_receipts inbox:resumption
        webhooks_admin:events webhooks_admin:event webhooks_admin:replay
        """
    ),
    (Role.ADMINISTRATOR, Role.ADMINISTRATOR): names(
        """
        webhooks_admin:connection webhooks_admin:replays webhooks_admin:run
        webhooks_admin:cancellation totp:new totp:deletion totp:access
        """
    ),
}
SAMPLES: dict[str, Any] = {"IntConverter": 1, "StringConverter": "x", "SlugConverter": "x"}


def addresses(resolver: Any = None, prefix: str = "", space: str = "") -> Iterator[tuple[str, str]]:
    """(name, path) of every address of the site, with something in place of its parameters."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLPattern):
            yield f"{space}{pattern.name}", "/" + prefix + path_of(pattern)
        else:
            inner = f"{pattern.namespace}:" if pattern.namespace else ""
            yield from addresses(pattern, prefix + str(pattern.pattern), space + inner)


def path_of(pattern: URLPattern) -> str:
    """The pattern with its parameters filled in."""
    path = str(pattern.pattern).lstrip("^").rstrip("$")
    for name, converter in pattern.pattern.converters.items():
        kind = type(converter).__name__
        word = kind.removesuffix("Converter").lower().replace("string", "str")
        for form in (f"<{word}:{name}>", f"<{name}>"):
            path = path.replace(form, str(SAMPLES[kind]))
    return path


ADDRESSES = dict(addresses())


def test_every_address_has_an_expected_row() -> None:
    known = OPEN.union(*EXPECTED.values())
    assert ADDRESSES.keys() - known == set(), "say here who may ask them"
    assert known - ADDRESSES.keys() == set(), "these addresses are gone"
    assert len(known) == len(OPEN) + sum(map(len, EXPECTED.values())), "named twice"


@pytest.mark.parametrize("role", [None, *Role])
def test_everybody_gets_what_their_role_includes_and_nothing_else(
    client: Client, role: Role | None
) -> None:
    client.raise_request_exception = False
    agent = make_agent(role=role) if role else None
    wrong = []
    for (to_look, to_change), known in EXPECTED.items():
        for name in sorted(known):
            for method, needed in (("GET", to_look), ("POST", to_change)):
                if agent:
                    client.force_login(agent)
                status = client.generic(method, ADDRESSES[name]).status_code
                if role is None:
                    is_right = status in {302, 401}
                else:
                    is_right = (status != 403) == role.includes(needed)
                if not is_right:
                    wrong.append(f"{method} {name}: {status}")
    assert wrong == []
