"""Files that agents send: chosen, kept, handed to Sendblue, and only then their message."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from inbox.actions.queueing import Refused, cancel_queued, send_again
from inbox.actions.sending import drain_sending
from inbox.actions.uploading import (
    DRAFTS_LIVE,
    FileRefused,
    drain_uploading,
    drop_stale_drafts,
)
from inbox.media import limits
from inbox.models import MediaFile, Message, SendState
from sendblue_inbox.clock import now
from tests.factories import OUR_LINE, make_agent, make_thread
from tests.security.hostile import plain, voice_note, written

from .files import got, send, stored_files, time_passes, upload

if TYPE_CHECKING:
    from pathlib import Path

    from django.test import Client
    from pytest_django import Settings

    from sendblue_inbox.models import User
    from tests.conftest import Simulator

pytestmark = pytest.mark.django_db(transaction=True)
UPLOAD, SEND, CAROUSEL = "/api/upload-file", "/api/send-message", "/api/send-carousel"


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
