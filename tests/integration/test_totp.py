"""One-time codes: who gets them, what is written down first, and what is kept nowhere."""

from __future__ import annotations

import base64
import re
import time
from typing import TYPE_CHECKING, Any

import pytest
from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY as PROOFS
from django.core.cache import cache
from django.db import IntegrityError, connection
from django.test import Client

from inbox.models import Fact
from sendblue_inbox.auditing import tampering
from sendblue_inbox.models import AuditEntry
from sendblue_inbox.roles import Role
from sendblue_inbox.sendblue.client import client_from_settings
from tests.factories import make_agent
from webhooks_admin.models import TotpAccess

if TYPE_CHECKING:
    from django.http import HttpResponse

    from sendblue_inbox.models import User
    from tests.conftest import Simulator

pytestmark = pytest.mark.django_db(transaction=True)
SECRETS, CODES = "/api/v2/totp/secrets", "/api/v2/totp/code/*"
SCRIPT = {"Accept": "application/json"}
CANARY = "KBSWY3DPEHPK3CANARYA2345"
PARTS = {"label": "Ads", "issuer": "Shop", "secret": "", "digits": "6", "period": "30"}


@pytest.fixture
def bank(simulator: Simulator) -> TotpAccess:
    """A secret at Sendblue that nobody but administrators may use yet."""
    made = client_from_settings().create_totp_secret(label="bank@example.com", issuer="Bank")
    browser(make_agent("first@example.com", role=Role.ADMINISTRATOR)).get("/totp/")
    return TotpAccess.objects.get(secret_id=made.id)


@pytest.fixture
def admin(bank: TotpAccess) -> Client:
    """The browser of an administrator who has just logged in."""
    return browser(make_agent("admin@example.com", role=Role.ADMINISTRATOR))


def browser(user: User) -> Client:
    """A browser in which somebody has logged in with their password."""
    client = Client()
    answer = client.post(
        "/accounts/login/", {"login": user.email, "password": "correct horse battery"}
    )
    assert answer.status_code == 302
    cache.clear()  # there are more logins here than a minute allows
    return client


def ask(client: Client, access: TotpAccess) -> HttpResponse:
    """Ask for a code as the page's script does."""
    return client.post(f"/totp/{access.secret_id}/code/", headers=SCRIPT)


def form(**parts: str) -> dict[str, str]:
    """The form that registers, with a key of its own."""
    return PARTS | {"algorithm": "SHA1", "form_key": f"key-of-{time.monotonic_ns():020}"} | parts


def key_in(page: str) -> str:
    """The key of the form on a page."""
    found = re.search(r'name="form_key" value="([^"]+)"', page)
    assert found
    return found[1]


def labels(simulator: Simulator) -> list[str]:
    return simulator.state()["totp_secrets"]


def test_codes_are_for_whom_they_were_shared_with(bank: TotpAccess, admin: Client) -> None:
    people = {role: make_agent(f"{role}@example.com", role=role) for role in Role}
    named = make_agent("named@example.com")
    browsers = {user.email: browser(user) for user in (*people.values(), named)}

    def allowed() -> set[str]:
        found = set()
        for email, client in browsers.items():
            status = ask(client, bank).status_code
            listed = client.get("/totp/")
            log = client.get(f"/totp/{bank.secret_id}/log/").status_code
            is_viewer = email.startswith("viewer")
            assert listed.status_code == (403 if is_viewer else 200)
            refused = 403 if is_viewer else 404
            assert (status, log) in {(200, 200), (refused, refused)}
            assert (b"bank@example.com" in listed.content) == (status == 200)
            if status == 200:
                found.add(email.partition("@")[0])
        return found

    def share(**chosen: Any) -> None:
        answer = admin.post(f"/totp/{bank.secret_id}/access/", chosen)
        assert answer.headers["Location"] == f"/totp/#secret-{bank.secret_id}"

    assert allowed() == {"administrator"}
    share(people=[named.pk])
    assert allowed() == {"administrator", "named"}
    share(roles=["manager"])
    assert allowed() == {"administrator", "manager"}
    share(roles=["agent", "manager"])
    assert allowed() == {"administrator", "manager", "agent", "named"}
    # What the form does not offer is not given.
    share(roles=["viewer", "administrator"], people=[people[Role.VIEWER].pk, "1 OR 1"])
    assert allowed() == {"administrator"}
    assert TotpAccess.objects.get().roles == []
    bank.users.set(people.values())  # as if it had been given before they became viewers
    assert not TotpAccess.objects.usable_by(people[Role.VIEWER]).exists()
    for email in ("agent@example.com", "manager@example.com"):
        for page in ("new", f"{bank.secret_id}/access", f"{bank.secret_id}/deletion"):
            assert browsers[email].get(f"/totp/{page}/").status_code == 403
            assert browsers[email].post(f"/totp/{page}/").status_code == 403

    granted = AuditEntry.objects.filter(act="totp.grant").order_by("number")
    assert [entry.after for entry in granted] == [
        {"roles": [], "people": ["named@example.com"]},
        {"roles": ["manager"], "people": []},
        {"roles": ["agent", "manager"], "people": []},
        {"roles": [], "people": []},
    ]
    assert granted[1].before == granted[0].after


def test_what_gives_something_away_needs_the_password_within_ten_minutes(
    simulator: Simulator, bank: TotpAccess, admin: Client
) -> None:
    session = admin.session
    proofs = session[PROOFS]

    def prove(seconds_ago: float) -> None:
        session[PROOFS] = [proof | {"at": time.time() - seconds_ago} for proof in proofs]
        session.save()

    prove(595)
    assert ask(admin, bank).status_code == 200
    prove(601)
    asked = len(simulator.ledger())
    there = f"/accounts/reauthenticate/?next=%2Ftotp%2F{bank.secret_id}%2Fcode%2F"
    refusal = ask(admin, bank)
    assert (refusal.status_code, refusal.headers["Login-At"]) == (401, there)
    for page in ("new", *(f"{bank.secret_id}/{name}" for name in ("code", "deletion", "access"))):
        for answer in (
            admin.get(f"/totp/{page}/"),
            admin.post(f"/totp/{page}/", form(secret=CANARY)),
        ):
            assert answer.status_code == 302
            assert answer.headers["Location"].startswith(
                "/accounts/reauthenticate/?next=%2Ftotp%2F"
            )
    assert len(simulator.ledger()) == asked
    assert CANARY not in database()
    assert AuditEntry.objects.filter(act="totp.code").count() == 1

    # Whoever only has the cookie gets no further; whoever knows the password comes back.
    wrong = {"password": "not the password", "next": f"/totp/{bank.secret_id}/code/"}
    assert b"password" in admin.post("/accounts/reauthenticate/", wrong).content
    assert ask(admin, bank).status_code == 401
    right = wrong | {"password": "correct horse battery"}
    back = admin.post("/accounts/reauthenticate/", right, follow=True)
    assert back.redirect_chain[-1] == (f"/totp/#secret-{bank.secret_id}", 302)
    assert ask(admin, bank).status_code == 200
    assert Client().post(f"/totp/{bank.secret_id}/code/", headers=SCRIPT).status_code == 401


def test_no_code_without_its_entry(simulator: Simulator, bank: TotpAccess, admin: Client) -> None:
    simulator.fault(method="GET", path=CODES, mode={"status": 400})
    assert ask(admin, bank).status_code == 424
    entry = AuditEntry.objects.get(act="totp.code")
    assert (entry.actor, entry.target) == ("admin@example.com", bank.secret_id)
    assert entry.after == {"label": "Bank · bank@example.com"}

    asked = len(simulator.ledger(path=CODES))
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE sendblue_inbox_auditentry ADD CONSTRAINT full_disk"
            " CHECK (act <> 'totp.code') NOT VALID"
        )
    try:
        with pytest.raises(IntegrityError):
            ask(admin, bank)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE sendblue_inbox_auditentry DROP CONSTRAINT full_disk")
    assert len(simulator.ledger(path=CODES)) == asked
    assert list(tampering()) == []


def test_the_log_is_for_all_who_may_use_the_secret(bank: TotpAccess, admin: Client) -> None:
    agent = make_agent("ben@example.com", name="Ben")
    bank.users.add(agent)
    bens = browser(agent)
    for client in (admin, bens, admin):
        assert ask(client, bank).status_code == 200
    page = bens.get(f"/totp/{bank.secret_id}/log/").content.decode()
    assert re.findall(r'<span title="(\S+?)">', page) == [
        "admin@example.com",
        "ben@example.com",
        "admin@example.com",
    ]
    assert page.count("Asked for a code") == 3
    assert "last used by admin" in bens.get("/totp/").content.decode()
    newest = AuditEntry.objects.latest("number").number
    older = bens.get(f"/totp/{bank.secret_id}/log/?before={newest}").content.decode()
    assert older.count("Asked for a code") == 2


def test_codes_are_those_of_rfc_6238_and_never_kept_on_the_way(
    simulator: Simulator, bank: TotpAccess, admin: Client
) -> None:
    sizes = {"SHA1": 20, "SHA256": 32, "SHA512": 64}
    shown = {}
    for algorithm, size in sizes.items():
        key = (b"1234567890" * 7)[:size]
        secret = base64.b32encode(key).decode()
        parts = form(label=algorithm, algorithm=algorithm, digits="8", secret=secret)
        assert admin.post("/totp/new/", parts).status_code == 200
        simulator.control("POST", "clock", {"set": 1111111109})
        answer = ask(admin, TotpAccess.objects.get(label=algorithm))
        shown[algorithm] = answer.json()
    assert shown == {
        "SHA1": {"code": "07081804", "expires_in": 1},
        "SHA256": {"code": "68084774", "expires_in": 1},
        "SHA512": {"code": "25091201", "expires_in": 1},
    }
    page = admin.post(f"/totp/{TotpAccess.objects.get(label='SHA1').secret_id}/code/")
    assert "<span>0708</span><span>1804</span>" in page.content.decode()

    here = f"/totp/{bank.secret_id}"
    bad = {"uri": "https://shop.example/"}
    answers = [
        *(admin.get(path) for path in ("/totp/", "/totp/new/", "/totp/none/log/", f"{here}/code/")),
        *(admin.get(f"{here}/{name}/") for name in ("log", "access", "deletion")),
        *(
            admin.post("/totp/new/", data)
            for data in (bad, {"by_hand": "1"}, form(), form(label=""))
        ),
        *(admin.post(f"/totp/none/{name}/") for name in ("code", "access", "deletion")),
        admin.post(f"{here}/access/"),
        page,
        ask(admin, bank),
        admin.post(f"{here}/deletion/"),
        ask(admin, bank),
    ]
    assert {answer.status_code for answer in answers} == {200, 302, 404, 422}
    assert {answer.headers["Cache-Control"] for answer in answers} == {"no-store"}


def test_no_secret_and_no_code_is_anywhere(
    simulator: Simulator, bank: TotpAccess, admin: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    address = f"otpauth://totp/Shop:Ads?secret={CANARY}&digits=8"
    parts = admin.post("/totp/new/", {"uri": address}).content.decode()
    assert f'value="{CANARY}"' in parts
    made = admin.post("/totp/new/", form(secret=CANARY, digits="8", form_key=key_in(parts)))
    grouped = "".join(f"<span>{CANARY[at : at + 4]}</span>" for at in range(0, len(CANARY), 4))
    assert grouped in made.content.decode()
    access = TotpAccess.objects.get(label="Ads")
    code = ask(admin, access).json()["code"]
    for mode in ({"status": 500}, {"status": 400}, "reset_after"):
        simulator.fault(method="POST", path=SECRETS, mode=mode)
        assert admin.post("/totp/new/", form(secret=CANARY)).status_code == 424
    assert admin.post("/totp/new/", form(secret=CANARY, digits="9")).status_code == 422
    for path in ("", f"{access.secret_id}/log/", f"{access.secret_id}/access/"):
        page = admin.get(f"/totp/{path}").content.decode()
        assert CANARY not in page and code not in page
    assert not Fact.objects.exists()
    words = caplog.text + repr([vars(record) for record in caplog.records])
    for where in (database(), words):
        assert "Ads" in where or where is words
        assert CANARY not in where and code not in where


@pytest.mark.parametrize(
    ("mode", "secret", "words"),
    [
        ("reset_after", CANARY, "It holds the secret that you entered"),
        ("reset_after", "", "Delete this one and add it again"),
        ("reset_before", CANARY, "The list does not have it now"),
    ],
)
def test_a_registration_whose_answer_is_lost_is_told_and_not_repeated(
    simulator: Simulator, bank: TotpAccess, admin: Client, mode: str, secret: str, words: str
) -> None:
    simulator.fault(method="POST", path=SECRETS, mode=mode)
    sent = form(secret=secret)
    answer = admin.post("/totp/new/", sent)
    assert (answer.status_code, words in answer.content.decode()) == (424, True)
    before = labels(simulator)
    assert before.count("Ads") == (mode == "reset_after")
    # The same page once more, by a reload or a second click, asks for nothing.
    assert admin.post("/totp/new/", sent).status_code == 409
    assert labels(simulator) == before
    entry = AuditEntry.objects.get(act="totp.register")
    assert entry.after == {
        "label": "Ads",
        "issuer": "Shop",
        "algorithm": "SHA1",
        "digits": 6,
        "period": 30,
    }


def test_a_refused_registration_keeps_what_was_entered(
    simulator: Simulator, bank: TotpAccess, admin: Client
) -> None:
    simulator.fault(method="GET", path=SECRETS, mode={"status": 400, "body": {"message": "No."}})
    answer = admin.post("/totp/new/", form(secret=CANARY))
    page = answer.content.decode()
    assert answer.status_code == 424
    assert "It was not added." in page and CANARY in page
    again = form(secret=CANARY, form_key=key_in(page))
    assert admin.post("/totp/new/", again).status_code == 200
    assert labels(simulator).count("Ads") == 1


def test_deleting_is_settled_by_looking(
    simulator: Simulator, bank: TotpAccess, admin: Client
) -> None:
    here = f"/totp/{bank.secret_id}/deletion/"
    question = admin.get(here).content.decode()
    assert "bank@example.com" in question and ">Bank<" in question
    assert "Its codes stop for everyone" in question
    simulator.fault(method="DELETE", path=f"{SECRETS}/*", mode="reset_before")
    assert admin.post(here).status_code == 424
    assert labels(simulator) == ["bank@example.com"]
    simulator.fault(method="DELETE", path=f"{SECRETS}/*", mode="reset_after")
    assert admin.post(here).status_code == 302
    assert labels(simulator) == []
    assert ask(admin, bank).status_code == 404
    assert AuditEntry.objects.filter(act="totp.delete", target=bank.secret_id).count() == 2

    made = client_from_settings().create_totp_secret(label="Gone")
    admin.get("/totp/")
    client_from_settings().delete_totp_secret(secret_id=made.id)
    assert "no longer at Sendblue" in ask(admin, TotpAccess.objects.get()).content.decode()
    assert admin.post(f"/totp/{made.id}/deletion/").status_code == 302


def test_a_list_that_cannot_be_read_says_so(simulator: Simulator, admin: Client) -> None:
    simulator.fault(method="GET", path=SECRETS, mode="html_200", times=3)
    page = admin.get("/totp/")
    assert (page.status_code, b"could not be read" in page.content) == (200, True)


def database() -> str:
    """Every row of every table, sessions and cache included."""
    with connection.cursor() as cursor:
        words = []
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            words += [row[0] for row in cursor.fetchall()]
    return "\n".join(words)
