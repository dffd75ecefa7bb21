"""One-time codes: who may see them, and every act written down before it is done.

Sendblue keeps the secrets and makes the codes (contract 2.9). Neither is stored, cached or logged
here, and both pass through these functions only.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from django.core.cache import cache
from django.db import connection, transaction

from sendblue_inbox.auditing import audit
from sendblue_inbox.models import User
from sendblue_inbox.roles import Role
from sendblue_inbox.sendblue.client import client_from_settings
from sendblue_inbox.sendblue.errors import (
    BadCredentials,
    MaybeSent,
    NotSent,
    RateLimited,
    Rejected,
    SendblueError,
)
from webhooks_admin.models import TotpAccess

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from django.http import HttpRequest

    from sendblue_inbox.sendblue.client import Client
    from sendblue_inbox.sendblue.payloads import TotpCode, TotpSecret
    from webhooks_admin.otpauth import NewSecret

A_DAY = 24 * 3600


class Unconfirmed(Exception):
    """The answer to a registration was lost, and it must not be repeated blindly.

    `found` is the secret that the list has had since; None where it has none, or none could be
    read (`looked`).
    """

    def __init__(self, found: TotpSecret | None, *, looked: bool) -> None:
        super().__init__()
        self.found = found
        self.looked = looked


def list_secrets(user: User) -> list[TotpSecret]:
    """The secrets whose codes the person may see, as Sendblue has them. Raises SendblueError."""
    connection.close()
    listed = _listed(client_from_settings())
    _note(listed)
    usable = set(TotpAccess.objects.usable_by(user).values_list("secret_id", flat=True))
    found = [secret for secret in listed if secret.id in usable]
    return sorted(found, key=lambda secret: (secret.issuer.casefold(), secret.label.casefold()))


def current_code(access: TotpAccess, user: User, *, request: HttpRequest) -> TotpCode:
    """The code of this moment, once it is committed who asks for it. Raises SendblueError."""
    _write_down("totp.code", access.secret_id, user, request, label=str(access))
    return client_from_settings().get_totp_code(secret_id=access.secret_id)


def register(new: NewSecret, user: User, *, request: HttpRequest) -> TotpSecret:
    """Keep a secret at Sendblue; the only answer that ever holds it. Asked for once.

    Raises Unconfirmed where the answer was lost; any other SendblueError means: not registered.
    """
    client = client_from_settings()
    before = {secret.id for secret in _listed(client)}
    parts = asdict(new)
    told = {name: value for name, value in parts.items() if name != "secret"}
    _write_down("totp.register", "", user, request, **told)
    try:
        made = client.create_totp_secret(**parts)
    except MaybeSent:
        made = None
    if made is None or not made.id:
        raise _lost(client, new, before)
    _note([made])
    _write_down("totp.registered", made.id, user, request, **told)
    return made


def delete(access: TotpAccess, user: User, *, request: HttpRequest) -> None:
    """Have Sendblue forget a secret; done as well where it has gone already.

    Raises SendblueError where it is still there, or where nobody can say.
    """
    _write_down("totp.delete", access.secret_id, user, request, label=str(access))
    client = client_from_settings()
    try:
        client.delete_totp_secret(secret_id=access.secret_id)
    except Rejected as error:
        if error.status != 404:
            raise
    except MaybeSent:
        if any(secret.id == access.secret_id for secret in _listed(client)):
            raise
    access.delete()


def grant(
    access: TotpAccess,
    user: User,
    *,
    roles: Collection[str],
    people: Iterable[User],
    request: HttpRequest,
) -> None:
    """Say who besides administrators may see the codes of a secret: whole roles, and people."""
    with transaction.atomic():
        access = TotpAccess.objects.select_for_update().get(pk=access.pk)
        before = _granted(access)
        access.roles = [role.value for role in TotpAccess.Given if role.value in roles]
        access.save(update_fields=["roles"])
        access.users.set(people)
        after = _granted(access)
        if before == after:
            return
        audit(
            "totp.grant",
            actor=user,
            target=access.secret_id,
            before=before,
            after=after,
            request=request,
        )


def people_to_grant() -> list[User]:
    """Those who can be given codes by name: they work here and are no administrators."""
    workers = User.objects.filter(is_active=True, role__in=[Role.AGENT, Role.MANAGER])
    return sorted(workers, key=lambda user: str(user).casefold())


def is_first(user: User, form_key: str) -> bool:
    """Whether this form of theirs comes for the first time: a page that is loaded again, or a
    second click, must not register a second secret."""
    return cache.add(f"totp:{user.pk}:{form_key}", 1, A_DAY)


def explain(error: SendblueError) -> str:
    """What went wrong when Sendblue was asked, in a sentence for people."""
    if isinstance(error, BadCredentials):
        return "Sendblue does not allow this with the keys of this inbox."
    if isinstance(error, NotSent):
        return "Sendblue cannot be reached. Nothing was done; try again in a moment."
    if isinstance(error, RateLimited):
        return "Sendblue asks for fewer requests. Nothing was done; try again in a minute."
    if isinstance(error, Rejected) and error.status == 404:
        return "This secret is no longer at Sendblue."
    if isinstance(error, Rejected):
        return f"Sendblue refused: {error.message or f'HTTP {error.status}'}"
    return "Sendblue gave no usable answer. Try again."


def _listed(client: Client) -> list[TotpSecret]:
    # An id that cannot be part of an address cannot be asked for either.
    listed = client.list_totp_secrets()
    return [one for one in listed if "/" not in one.id and one.id.strip(".") and len(one.id) <= 200]


def _note(secrets: Iterable[TotpSecret]) -> None:
    """Keep the names, for the log and for whoever decides about them; nothing else is kept."""
    known = TotpAccess.objects.in_bulk(field_name="secret_id")
    news = [
        TotpAccess(secret_id=one.id, label=one.label[:254], issuer=one.issuer[:254])
        for one in secrets
    ]
    fresh = [
        one
        for one in news
        if one.secret_id not in known
        or (one.label, one.issuer) != (known[one.secret_id].label, known[one.secret_id].issuer)
    ]
    TotpAccess.objects.bulk_create(
        fresh,
        update_conflicts=True,
        unique_fields=["secret_id"],
        update_fields=["label", "issuer"],
    )


def _write_down(act: str, secret_id: str, user: User, request: HttpRequest, **after: Any) -> None:
    """Commit who does what, before Sendblue is asked, and give the connection back meanwhile."""
    with transaction.atomic(durable=True):
        audit(act, actor=user, target=secret_id, after=after, request=request)
    connection.close()


def _lost(client: Client, new: NewSecret, before: Collection[str]) -> Unconfirmed:
    """What can be said about a registration without an answer: whether the list has it."""
    try:
        listed = _listed(client)
    except SendblueError:
        return Unconfirmed(None, looked=False)
    _note(listed)
    named = (new.label, new.issuer)
    found = [one for one in listed if one.id not in before and (one.label, one.issuer) == named]
    return Unconfirmed(found[0] if found else None, looked=True)


def _granted(access: TotpAccess) -> dict[str, list[str]]:
    people = access.users.order_by("email").values_list("email", flat=True)
    return {"roles": list(access.roles), "people": list(people)}
