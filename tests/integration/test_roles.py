"""What each role may do, where no view says otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sendblue_inbox.roles import Role
from tests.factories import make_agent, make_thread

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db


def test_each_role_includes_those_before_it() -> None:
    found = [[role for role in Role if other.includes(role)] for other in Role]
    assert found == [list(Role)[: count + 1] for count in range(4)]


@pytest.mark.parametrize(("role", "status"), [(Role.VIEWER, 403), (Role.AGENT, 302)])
def test_who_only_reads_changes_nothing(client: Client, role: Role, status: int) -> None:
    thread = make_thread()
    client.force_login(make_agent(role=role))
    assert client.get(f"/threads/{thread.pk}/").status_code == 200
    assert client.post(f"/threads/{thread.pk}/closure/", {"closed": "1"}).status_code == status
    answer = client.post(
        f"/threads/{thread.pk}/closure/", {"closed": "1"}, headers={"HX-Request": "true"}
    )
    assert (answer.status_code == 403) == (role == Role.VIEWER)
    assert client.post("/preferences/", {"enter_sends": "on"}).status_code in {204, 302}
    assert client.post("/accounts/logout/").status_code == 302


def test_somebody_who_was_deactivated_may_nothing(client: Client) -> None:
    agent = make_agent(role=Role.ADMINISTRATOR)
    client.force_login(agent)
    agent.is_active = False
    agent.save()
    assert client.get("/threads/").status_code == 302
    assert not agent.may(Role.VIEWER)
