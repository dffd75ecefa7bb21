"""Files that people send: from a phone into our storage, and from there to those who may see."""

from __future__ import annotations

import io
import itertools
import random
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from PIL import Image

from inbox.actions import fetching
from inbox.actions.fetching import GONE_AFTER, drain_fetching, try_now
from inbox.actions.file_claims import claim
from inbox.actions.recording import record_message
from inbox.actions.storing import store
from inbox.media.names import safe_name
from inbox.media.sniffing import sniff
from inbox.models import MediaFile, Message, Thread
from inbox.readiness import oldest_file
from inbox.vault import vault_summary
from sendblue_inbox.clock import now
from sendblue_inbox.sendblue.payloads import MessagePayload
from tests.factories import OUR_LINE, make_agent, make_thread, moment, receive, report
from tests.raw_server import RawServer, answering, reset, response
from tests.security.hostile import corpus, plain

from .files import got, stored_files, time_passes, upload

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from django.test import Client
    from pytest_django import Settings

    from sendblue_inbox.models import User
    from tests.conftest import Simulator

pytestmark = pytest.mark.django_db(transaction=True)
SHOWN = {
    *("image/png", "image/jpeg", "image/gif", "image/webp", "video/mp4", "video/quicktime"),
    *("audio/mpeg", "audio/mp4", "audio/ogg"),
}
State = MediaFile.State


@pytest.fixture(autouse=True)
def storage(settings: Settings, tmp_path: Path) -> Path:
    """A storage of the test's own."""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.SIMULATED = True
    return settings.MEDIA_ROOT


@pytest.fixture
def agent() -> User:
    return make_agent()


@pytest.fixture
def upstream() -> Iterator[Any]:
    """Makes servers from which files are fetched."""
    servers: list[RawServer] = []

    def serve(*scripts: Any) -> RawServer:
        servers.append(RawServer(*scripts))
        return servers[-1]

    yield serve
    for server in servers:
        server.close()


def the_file() -> MediaFile:
    return MediaFile.objects.get()


# --- what people send ---


def test_a_photo_is_copied_shown_and_served(simulator: Simulator, agent: User) -> None:
    message = receive(content="", media_url=f"{simulator.url}/media/parcel.jpg")
    assert the_file().state == State.WAITING
    before = Thread.objects.get().revision
    drain_fetching()
    file = the_file()
    assert (file.state, file.content_type, file.name) == (State.SAFE, "image/jpeg", "parcel.jpg")
    assert (file.width, file.height) == (960, 720)
    assert file.expires_at - message.date_sent == timedelta(days=30)
    assert file.fetched_at and file.sha256 and file.lease_until is None
    message.refresh_from_db()
    assert message.file_count == 1
    assert message.revision == Thread.objects.get().revision == before + 1
    answer = got(agent, f"/media/{file.key}/{file.name}")
    assert Image.open(io.BytesIO(answer.whole)).size == (960, 720)
    small = got(agent, f"/media/{file.key}/small/preview.webp")
    assert Image.open(io.BytesIO(small.whole)).size == (640, 480)
    assert len(small.whole) <= 40_000


def test_any_order_of_reports_ends_with_the_same_file(simulator: Simulator) -> None:
    first, second = (f"{simulator.url}/media/{name}" for name in ("mug.jpg", "parcel.jpg"))
    sent = moment()
    told = [
        {"media_url": ""},
        {"media_url": first},
        {"media_url": second},
        {"media_url": second, "status": "SENT", "is_outbound": False},
    ]
    ends = set()
    for order in itertools.permutations(told):
        for model in (MediaFile, Message):
            model.objects.all().delete()
        for fields in (*order, order[0]):
            body = report(message_handle="one", content="", date_sent=sent, **fields)
            payload = MessagePayload.parse(body, lines=[OUR_LINE])
            record_message(payload, seen_at=sent)
        message = Message.objects.get()
        ends.add((message.media_url, message.file_count, the_file().source_url, the_file().state))
    assert ends == {(second, 1, second, State.WAITING)}


def test_a_message_from_before_there_were_files_gets_its_own(simulator: Simulator) -> None:
    told = {"message_handle": "one", "media_url": f"{simulator.url}/media/mug.jpg"}
    body = report(date_sent=moment(), **told)
    message = record_message(MessagePayload.parse(body, lines=[OUR_LINE]), seen_at=moment())
    MediaFile.objects.all().delete()
    Message.objects.update(file_count=0)
    for _again in range(2):
        record_message(MessagePayload.parse(body, lines=[OUR_LINE]), seen_at=moment())
    assert the_file().message == message
    assert Message.objects.get().file_count == 1


def test_all_are_safe_in_the_end_although_a_third_of_the_answers_fails(
    upstream: Any, storage: Path
) -> None:
    """30 % failures of every kind; ten contents, each sent by four people."""
    dice = random.Random(4)
    contents = [b"%PDF-1.4 " + bytes([65 + n]) * 3000 for n in range(10)]

    def unreliable(connection: Any, server: RawServer) -> None:
        request = server.read(connection)
        content = contents[int(request.split(b"/")[1].split(b".")[0]) % 10]
        fate = dice.random()
        if fate < 0.08:
            connection.sendall(response(503, b"later"))
        elif fate < 0.14:
            connection.sendall(response(200, content)[:-7])
        elif fate < 0.2:
            reset(connection)
        elif fate < 0.26:
            connection.sendall(response(404, b"not yet"))
        elif fate < 0.3:
            connection.sendall(response(200, content, {"Content-Encoding": "gzip"}))
        else:
            connection.sendall(response(200, content))

    server = upstream(unreliable)
    for n in range(40):
        receive(content="", media_url=f"{server.url}/{n}.pdf", number=f"+1415555{n:04d}")
    for _round in range(30):
        drain_fetching()
        if vault_summary().safe == 40:
            break
        time_passes()
    assert vault_summary().is_whole
    assert server.connections > 45
    assert stored_files(storage) == 10


def test_what_will_never_be_safe_says_why(upstream: Any, client: Client, agent: User) -> None:
    gone = upstream(answering(404, b"gone"))
    receive(content="", media_url=f"{gone.url}/gone.jpg", date_sent=moment(-2 * 3600))
    receive(content="", media_url="https://169.254.169.254/latest/meta-data")
    receive(content="", media_url="https://someone@example.com/plain.jpg")
    receive(content="", media_url="https://x.example/old.jpg", date_sent=moment(-40 * 86400))
    for _attempt in range(GONE_AFTER):
        assert MediaFile.objects.filter(state=State.WAITING).exists()
        drain_fetching()
        time_passes()
    states = {file.source_url.rpartition("/")[2]: file.state for file in MediaFile.objects.all()}
    assert states == {
        "gone.jpg": State.LOST,
        "meta-data": State.REFUSED,
        "plain.jpg": State.REFUSED,
        "old.jpg": State.LOST,
    }
    assert gone.connections == GONE_AFTER
    client.force_login(agent)
    page = client.get("/media/").content.decode()
    assert "0 of 4 files are safe" in page and "4 at risk" in page
    assert page.count("Try again") >= 4
    shown = client.get(f"/threads/{Thread.objects.get().pk}/").content.decode()
    assert "Sendblue deleted it before it could be copied" in shown
    assert "Not copied. The host is no public machine" in shown
    # A person may insist, where the operator has allowed it meanwhile.
    file = MediaFile.objects.get(source_url__endswith="gone.jpg")
    gone.scripts = [answering(200, plain("PNG"))]
    gone.connections = 0
    client.post(f"/media/{file.key}/retry/")
    drain_fetching()
    file.refresh_from_db()
    assert file.state == State.SAFE


def test_what_is_late_is_said_while_it_is_tried(upstream: Any, agent: User, client: Client) -> None:
    receive(content="", media_url=f"{upstream(answering(500, b'no')).url}/late.jpg")
    drain_fetching()
    client.force_login(agent)
    shown = client.get(f"/threads/{Thread.objects.get().pk}/").content.decode()
    assert "Not copied yet. The answer was 500. Tries again at" in shown
    assert oldest_file().ok
    MediaFile.objects.update(fetch_after=now() - timedelta(hours=1))
    assert not oldest_file().ok


def test_two_workers_copy_a_file_once(simulator: Simulator) -> None:
    receive(content="", media_url=f"{simulator.url}/media/mug.jpg")
    first = claim(fetching.due_files(), lease=fetching.LEASE)
    assert first and claim(fetching.due_files(), lease=fetching.LEASE) is None
    MediaFile.objects.update(lease_until=now() - timedelta(seconds=1))  # as after a kill
    second = claim(fetching.due_files(), lease=fetching.LEASE)
    fetching.fetch(second)
    revision = Thread.objects.get().revision
    fetching.fetch(first)
    assert Thread.objects.get().revision == revision
    try_now(the_file())
    assert the_file().state == State.SAFE


# --- serving ---


def test_a_file_is_served_in_parts(simulator: Simulator, agent: User) -> None:
    content = bytes(range(256)) * 40
    file = upload(make_thread(), agent, b"%PDF-1.4" + content, "Q3 report.pdf")
    path = f"/media/{file.key}/{file.name}"
    content = b"%PDF-1.4" + content
    whole = got(agent, path)
    assert (whole.status_code, whole.whole) == (200, content)
    etag = whole["ETag"]
    for asked, part in {
        "bytes=0-99": content[:100],
        "bytes=100-": content[100:],
        "bytes=-7": content[-7:],
        "bytes=10000-99999": content[10000:],
        "bytes=5-5": content[5:6],
    }.items():
        answer = got(agent, path, Range=asked)
        assert (answer.status_code, answer.whole) == (206, part), asked
        assert answer["Content-Length"] == str(len(part))
        first, _, total = answer["Content-Range"].removeprefix("bytes ").partition("/")
        assert int(total) == len(content)
        assert content[int(first.split("-")[0]) :].startswith(part)
    for asked in ("bytes=20000-", "bytes=-0"):
        answer = got(agent, path, Range=asked)
        assert (answer.status_code, answer["Content-Range"]) == (416, f"bytes */{len(content)}")
    for asked in ("bytes=1-2,4-5", "lines=1-2", "bytes=9-3", "bytes=", "bytes=a-b"):
        assert got(agent, path, Range=asked).whole == content, asked
    assert got(agent, path, Range="bytes=0-9", **{"If-Range": etag}).status_code == 206
    assert got(agent, path, Range="bytes=0-9", **{"If-Range": '"other"'}).whole == content
    same = got(agent, path, **{"If-None-Match": etag})
    assert (same.status_code, same.whole) == (304, b"")


def test_hostile_files_are_served_without_a_chance(client: Client, agent: User) -> None:
    """Even as if nothing had been written anew: the headers alone must hold."""
    thread = make_thread()
    client.force_login(agent)
    for name, content in corpus().items():
        kind = sniff(content)
        file = MediaFile.objects.create(
            thread=thread,
            stored_as=store(io.BytesIO(content or b"x")).name,
            content_type=kind.mime,
            name=safe_name(name, kind),
            state=State.SAFE,
        )
        answer = client.head(f"/media/{file.key}/{file.name}")
        told = answer["Content-Type"]
        assert told in SHOWN or answer["Content-Disposition"].startswith("attachment")
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Content-Security-Policy"].startswith("default-src 'none'")
        assert "sandbox" in answer["Content-Security-Policy"]
        assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
        assert answer["Cache-Control"] == "private, max-age=31536000, immutable"
        assert not any(word in told for word in ("html", "svg", "xml", "script"))


def test_only_those_who_may_see_the_thread_get_its_files(client: Client, agent: User) -> None:
    file = upload(make_thread(), agent, plain("PNG"), "a.png")
    path = f"/media/{file.key}/{file.name}"
    assert client.get(path).status_code == 302
    stranger = make_agent("gone@example.com")
    client.force_login(stranger)
    stranger.is_active = False
    stranger.save()
    assert client.get(path).status_code == 302
    client.force_login(agent)
    assert client.get("/media/nothing/a.png").status_code == 404
    with CaptureQueriesContext(connection) as captured:
        assert client.head(path).status_code == 200
    assert len(captured) <= 3
    assert client.get(f"{path}?dl")["Content-Disposition"].startswith("attachment")
