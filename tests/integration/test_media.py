"""Files: from a phone into our storage and onto the screen, and from an agent to a phone."""

from __future__ import annotations

import asyncio
import io
import itertools
import random
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from asgiref.sync import sync_to_async
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import AsyncClient, Client
from django.test.utils import CaptureQueriesContext
from PIL import Image

from inbox.actions import fetching
from inbox.actions.fetching import GONE_AFTER, drain_fetching, try_now
from inbox.actions.queueing import Refused, cancel_queued, queue_message, send_again
from inbox.actions.recording import record_message
from inbox.actions.sending import drain_sending
from inbox.actions.storing import store
from inbox.actions.uploading import (
    DRAFTS_LIVE,
    FileRefused,
    add_draft,
    drain_uploading,
    drop_stale_drafts,
)
from inbox.media import limits
from inbox.media.names import safe_name
from inbox.media.sniffing import sniff
from inbox.models import MediaFile, Message, SendState, Thread
from inbox.readiness import oldest_file
from inbox.vault import vault_summary
from sendblue_inbox.clock import now
from sendblue_inbox.sendblue.payloads import MessagePayload
from tests.factories import OUR_LINE, make_agent, make_thread, moment, receive, report
from tests.raw_server import RawServer, answering, reset, response
from tests.security.hostile import corpus, plain, voice_note, written

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_django import Settings

    from sendblue_inbox.models import User
    from tests.conftest import Simulator

pytestmark = pytest.mark.django_db(transaction=True)
UPLOAD, SEND, CAROUSEL = "/api/upload-file", "/api/send-message", "/api/send-carousel"
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
def site(simulator: Simulator) -> Simulator:
    simulator.reset(lines=[OUR_LINE], contacts=[], messages=[])
    return simulator


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


def time_passes() -> None:
    """Whatever waits for its next attempt is due now."""
    MediaFile.objects.update(fetch_after=now(), lease_until=None)


def stored_files(storage: Path) -> int:
    return sum(1 for path in storage.rglob("*") if path.is_file())


def the_file() -> MediaFile:
    return MediaFile.objects.get()


def upload(thread: Thread, agent: User, content: bytes, name: str = "a.jpg") -> MediaFile:
    return add_draft(thread, uploader=agent, content=io.BytesIO(content), name=name)


def send(thread: Thread, agent: User, files: list[MediaFile], **fields: Any) -> Message:
    return queue_message(thread, author=agent, client_ref=uuid.uuid4(), files=files, **fields)


def got(user: User, path: str, **headers: str) -> Any:
    """An answer with its whole content, the way the site streams it."""

    if not hasattr(user, "cookies"):
        browser = Client()
        browser.force_login(user)
        user.cookies = browser.cookies

    async def ask() -> Any:
        client = AsyncClient()
        client.cookies = user.cookies
        answer = await client.get(path, headers=headers)
        answer.whole = (
            b"".join([piece async for piece in answer.streaming_content])
            if answer.streaming
            else answer.content
        )
        await sync_to_async(lambda: connection.close())()  # that of the request
        return answer

    return asyncio.run(ask())


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
    first = fetching.claim_file()
    assert first and fetching.claim_file() is None
    MediaFile.objects.update(lease_until=now() - timedelta(seconds=1))  # as after a kill
    second = fetching.claim_file()
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


# --- what agents send ---


def test_files_are_uploaded_before_their_messages_leave(site: Simulator, agent: User) -> None:
    thread = make_thread()
    pictures = [upload(thread, agent, written(Image.new("RGB", (9, n)), "PNG")) for n in (5, 6)]
    pdf = upload(thread, agent, b"%PDF-1.4 words", "Prices.pdf")
    send(thread, agent, [*pictures, pdf], content="Here they are")
    send(thread, agent, [], content="Afterwards")
    drain_sending()
    assert not site.ledger(SEND)  # nothing overtakes what is not up yet
    drain_uploading()
    for _message in range(4):
        drain_sending()
        Message.objects.filter(send_state=SendState.QUEUED).update(send_after=now())
    calls = [entry["path"] for entry in site.ledger() if entry["method"] == "POST"]
    assert calls == [UPLOAD] * 3 + [SEND] * 4
    bodies = [entry["body"] for entry in site.ledger(SEND)]
    assert [body.get("content", "") for body in bodies] == ["", "", "Here they are", "Afterwards"]
    addresses = [body.get("media_url", "") for body in bodies]
    assert addresses[:3] == [file.media_url for file in MediaFile.objects.order_by("pk")]
    assert addresses[0].endswith(".png") and addresses[2].endswith(".pdf") and not addresses[3]
    assert all(m.send_state == SendState.ACCEPTED for m in Message.objects.all())


def test_a_carousel_is_one_message(site: Simulator, agent: User) -> None:
    thread = make_thread()
    files = [upload(thread, agent, written(Image.new("RGB", (9, n)), "PNG")) for n in (5, 6, 7)]
    with pytest.raises(Refused, match="2 to 20"):
        send(thread, agent, files[:1], as_carousel=True)
    send(thread, agent, files, as_carousel=True)
    drain_uploading()
    drain_sending()
    (entry,) = site.ledger(CAROUSEL)
    assert entry["body"]["media_urls"] == [
        file.media_url for file in MediaFile.objects.order_by("position")
    ]
    message = Message.objects.get()
    assert (message.kind, message.send_state) == ("carousel", SendState.ACCEPTED)
    pdf = upload(thread, agent, b"%PDF-1.4 words", "Prices.pdf")
    with pytest.raises(Refused, match="pictures only"):
        send(thread, agent, [pdf, upload(thread, agent, plain("PNG"))], as_carousel=True)


def test_a_failed_upload_is_tried_again_and_the_message_goes_once(
    site: Simulator, agent: User
) -> None:
    thread = make_thread()
    for mode in ("reset_before", "reset_after", "error_after", "html_200"):
        site.fault(method="POST", path=UPLOAD, mode=mode, times=1)
    send(thread, agent, [upload(thread, agent, plain("PNG"))], content="Look")
    for _attempt in range(6):
        drain_uploading()
        drain_sending()
        time_passes()
    assert len(site.ledger(SEND)) == 1
    assert Message.objects.get().send_state == SendState.ACCEPTED
    uploads = len(site.ledger(UPLOAD))
    drain_uploading()
    assert len(site.ledger(UPLOAD)) == uploads


def test_a_refused_upload_is_a_refused_message_and_can_be_sent_again(
    site: Simulator, agent: User
) -> None:
    thread = make_thread()
    refusal = {"status": 400, "body": {"status": "ERROR", "message": "Invalid media URL"}}
    site.fault(method="POST", path=UPLOAD, mode=refusal, times=1)
    message = send(thread, agent, [upload(thread, agent, plain("PNG"))])
    drain_uploading()
    message.refresh_from_db()
    assert (message.send_state, message.error_message) == ("rejected", "Invalid media URL")
    assert not site.ledger(SEND)
    again = send_again(message, author=agent, client_ref=uuid.uuid4())
    drain_uploading()
    drain_sending()
    again.refresh_from_db()
    assert again.send_state == SendState.ACCEPTED
    assert again.files.get().sha256 == message.files.get().sha256
    assert again.media_url == site.ledger(SEND)[0]["body"]["media_url"]


def test_drafts_come_and_go(client: Client, agent: User, storage: Path, monkeypatch: Any) -> None:
    thread = make_thread()
    client.force_login(agent)
    given = SimpleUploadedFile("R%C3%A9sum%C3%A9.PDF", b"%PDF-1.4 words")
    answer = client.post(f"/threads/{thread.pk}/files/new/", {"file": given})
    assert answer.status_code == 201
    draft = answer.json()
    assert (draft["name"], draft["facts"]) == ("Résumé.pdf", "PDF, 14 bytes")
    assert draft["key"] in client.get(f"/threads/{thread.pk}/").content.decode()
    other = make_agent("ben@example.com")
    client.force_login(other)
    assert draft["key"] not in client.get(f"/threads/{thread.pk}/").content.decode()
    client.post(draft["removal"])
    assert MediaFile.objects.exists()
    body = {"content": "x", "client_ref": uuid.uuid4(), "file": draft["key"]}
    assert client.post(f"/threads/{thread.pk}/messages/", body).status_code == 422
    client.force_login(agent)
    assert client.post(draft["removal"]).status_code == 204
    assert not MediaFile.objects.exists()
    assert stored_files(storage) == 1  # quite new: another row may be about to name it
    empty = client.post(f"/threads/{thread.pk}/files/new/", {"file": SimpleUploadedFile("a", b"")})
    assert empty.json() == {"error": "The file is empty."}
    monkeypatch.setattr(limits, "MAX_UPLOAD_BYTES", 10)
    with pytest.raises(FileRefused, match="at most 10 bytes"):
        upload(thread, agent, plain("PNG"))


def test_what_was_not_sent_for_a_day_is_dropped(agent: User, monkeypatch: Any) -> None:
    thread = make_thread()
    old, new = upload(thread, agent, plain("PNG")), upload(thread, agent, plain("JPEG"))
    sent = upload(thread, agent, plain("GIF"))
    send(thread, agent, [sent])
    MediaFile.objects.exclude(pk=new.pk).update(created_at=now() - DRAFTS_LIVE * 1.1)
    monkeypatch.setattr("inbox.actions.storing._NEW_FOR", timedelta(0))
    drop_stale_drafts()
    assert set(MediaFile.objects.values_list("pk", flat=True)) == {new.pk, sent.pk}
    assert not default_storage.exists(old.stored_as)
    assert default_storage.exists(sent.stored_as)


def test_taking_a_message_back_returns_its_files(agent: User) -> None:
    thread = make_thread()
    file = upload(thread, agent, plain("PNG"))
    message = send(thread, agent, [file], content="Wait")
    with pytest.raises(Refused, match="sent already"):
        send(thread, agent, [file])
    cancel_queued(message)
    file.refresh_from_db()
    assert file.message is None
    assert send(thread, agent, [file]).file_count == 1


def test_a_voice_note_goes_out_as_it_was_spoken(site: Simulator, agent: User) -> None:
    file = upload(make_thread(), agent, voice_note(2), "Note.caf")
    assert (file.content_type, file.details) == ("audio/x-caf", {"seconds": 2.0})
    assert got(agent, f"/media/{file.key}/small/preview.ogg")["Content-Type"] == "audio/ogg"
    send(file.thread, agent, [file])
    drain_uploading()
    drain_sending()
    assert site.ledger(SEND)[0]["body"]["media_url"].endswith(".caf")


def test_half_a_file_left_by_a_crash_is_not_taken_for_the_whole(agent: User) -> None:
    thread = make_thread()
    first = upload(thread, agent, b"%PDF-1.4 words")
    with default_storage.open(first.stored_as, "wb") as half:
        half.write(b"%PDF")
    second = upload(thread, agent, b"%PDF-1.4 words")
    with default_storage.open(second.stored_as) as whole:
        assert whole.read() == b"%PDF-1.4 words"
