"""Reads are repeated inside one time limit, streams are read as they come, keys go one way."""

from __future__ import annotations

import io
import socket
import time
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any

import pytest

from sendblue_inbox.sendblue.errors import (
    BadCredentials,
    MaybeSent,
    NotSent,
    RateLimited,
    Rejected,
)
from sendblue_inbox.sendblue.payloads import Location
from sendblue_inbox.sendblue.sse import ServerSentEvent, parse_events
from sendblue_inbox.sendblue.terms import MAX_UPLOAD_BYTES
from tests.raw_server import IMPATIENT, KEY_ID, SECRET_KEY, answering, reset, response

if TYPE_CHECKING:
    from sendblue_inbox.sendblue.errors import SendblueError
    from tests.raw_server import Connect, RawServer, Script, Serve

LINES = {"numbers": ["+15550100001"]}
GOOD = answering(200, LINES)


def once(status: int, body: Any, headers: dict[str, str] | None = None) -> Script:
    """One answer, then the connection ends."""

    def play(connection: socket.socket, server: RawServer) -> None:
        server.read(connection)
        connection.sendall(response(status, body, {"Connection": "close", **(headers or {})}))

    return play


def reset_at_once(connection: socket.socket, server: RawServer) -> None:
    server.read(connection)
    reset(connection)


def stall(connection: socket.socket, server: RawServer) -> None:
    server.read(connection)
    server.closing.wait(5)


@pytest.mark.parametrize(
    "trouble",
    [
        reset_at_once,
        stall,
        once(500, {"status": "ERROR"}),
        once(503, b"<html>"),
        once(408, {}),
        once(429, {}, {"Retry-After": "0"}),
        once(200, b"<html>"),
        once(200, {"status": "ERROR", "error_code": 5503}),
    ],
)
def test_a_read_is_tried_again(raw_server: Serve, client_of: Connect, trouble: Script) -> None:
    server = raw_server(trouble, trouble, GOOD)
    assert client_of(server).list_lines() == ("+15550100001",)
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("trouble", "error"),
    [(once(500, {}), MaybeSent), (reset_at_once, MaybeSent), (once(429, {}), RateLimited)],
)
def test_a_read_gives_up_after_three_tries(
    raw_server: Serve,
    client_of: Connect,
    trouble: Script,
    error: type[SendblueError],
) -> None:
    server = raw_server(trouble)
    with pytest.raises(error):
        client_of(server).list_lines()
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, Rejected), (404, Rejected), (401, BadCredentials), (302, MaybeSent)],
)
def test_a_read_that_is_refused_or_sent_elsewhere_is_not_repeated(
    raw_server: Serve,
    client_of: Connect,
    status: int,
    error: type[SendblueError],
) -> None:
    server = raw_server(once(status, {"status": "ERROR"}, {"Location": "/api/lines"}))
    with pytest.raises(error):
        client_of(server).list_lines()
    assert len(server.requests) == 1


def test_a_read_waits_as_long_as_it_is_asked_to(raw_server: Serve, client_of: Connect) -> None:
    server = raw_server(once(429, {}, {"retry-after-ms": "300"}), GOOD)
    started = time.monotonic()
    client_of(server).list_lines()
    assert time.monotonic() - started >= 0.3


def test_a_read_does_not_wait_beyond_its_time(raw_server: Serve, client_of: Connect) -> None:
    server = raw_server(once(503, {}, {"Retry-After": "60"}), GOOD)
    started = time.monotonic()
    with pytest.raises(MaybeSent) as caught:
        client_of(server).list_lines()
    assert time.monotonic() - started < 1
    assert caught.value.retry_after == 60


def test_all_tries_of_a_read_share_one_time_limit(raw_server: Serve, client_of: Connect) -> None:
    server = raw_server(stall)
    limits = replace(IMPATIENT, fetch_read=2, fetch_total=0.5)
    started = time.monotonic()
    with pytest.raises(MaybeSent):
        client_of(server, limits).list_lines()
    assert time.monotonic() - started < 1.2


def test_a_refused_read_was_not_sent(client_of: Connect) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(NotSent):
        client_of(f"http://127.0.0.1:{port}").list_lines()


def test_reads_share_a_connection_and_writes_do_not(raw_server: Serve, client_of: Connect) -> None:
    server = raw_server(GOOD)
    client = client_of(server)
    client.list_lines()
    client.list_lines()
    assert server.connections == 1
    client.delete_contact(number="+15550100777")
    client.delete_contact(number="+15550100777")
    assert server.connections == 3
    assert all(b"Connection: close" in request for request in server.requests[2:])


def test_a_stale_connection_does_not_fail_a_read(raw_server: Serve, client_of: Connect) -> None:
    server = raw_server(once(200, LINES, {"Connection": "keep-alive"}), GOOD)
    client = client_of(server)
    client.list_lines()
    assert client.list_lines() == ("+15550100001",)


def test_an_answer_above_the_cap_is_no_answer(raw_server: Serve, client_of: Connect) -> None:
    big = answering(200, {"numbers": ["+15550100001"] * 1000})
    limits = replace(IMPATIENT, fetch_bytes=1000)
    with pytest.raises(MaybeSent):
        client_of(raw_server(big), limits).list_lines()


@pytest.mark.parametrize(
    "written",
    [
        b'\xef\xbb\xbf{"numbers": ["+15550100001"]}',
        b'{"numbers": ["+15550100001"], "x": NaN, "y": 1e400}',
        b'{"numbers": ["+15550100001"], "x": "\\ud800"}',
        b'{"numbers": ["+15550100001"], "x": "\xff"}',
        b'{"numbers": ["15550100001", "++15550100001", " +1 555-010-0001 ", null, 7, {}]}',
        b'["+15550100001"]',
    ],
)
def test_odd_json_is_read(raw_server: Serve, client_of: Connect, written: Any) -> None:
    lines = client_of(raw_server(answering(200, written))).list_lines()
    assert lines[0] == "+15550100001"


def test_json_nested_beyond_reason_is_no_answer(raw_server: Serve, client_of: Connect) -> None:
    deep = b'{"numbers": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    with pytest.raises(MaybeSent):
        client_of(raw_server(answering(200, deep))).list_lines()


def test_the_keys_travel_as_headers_to_the_base_url_only(
    raw_server: Serve,
    client_of: Connect,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    elsewhere, server = raw_server(GOOD), raw_server(GOOD)
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, elsewhere.url)
    client_of(server).list_lines()
    assert elsewhere.connections == 0
    head = server.requests[0].split(b"\r\n")
    assert f"sb-api-key-id: {KEY_ID}".encode() in head
    assert f"sb-api-secret-key: {SECRET_KEY}".encode() in head
    assert head[0] == b"GET /api/lines HTTP/1.1"


@pytest.mark.parametrize("url", ["", "api.sendblue.com", "ftp://x", "https://a:b@x", "https://"])
def test_a_base_url_must_be_a_plain_address(client_of: Connect, url: str) -> None:
    with pytest.raises(ValueError, match=r"api\.sendblue\.com"):
        client_of(url)


@pytest.mark.parametrize("empty", ["", ".", ".."])
def test_an_empty_id_never_becomes_the_address_of_everything(
    raw_server: Serve, client_of: Connect, empty: str
) -> None:
    server = raw_server(GOOD)
    with pytest.raises(ValueError, match="phone_number"):
        client_of(server).delete_contact(number=empty)
    assert server.connections == 0


def test_ids_are_quoted_whole(raw_server: Serve, client_of: Connect) -> None:
    server = raw_server(GOOD)
    client_of(server).delete_message(message_handle="../a/b?c#d")
    assert server.requests[0].startswith(b"DELETE /api/message/..%2Fa%2Fb%3Fc%23d HTTP/1.1")


# --- uploads -------------------------------------------------------------------------------------


def test_an_upload_is_one_multipart_file_with_its_length(
    raw_server: Serve, client_of: Connect
) -> None:
    answer = {"status": "OK", "media_url": "https://m.test/a.caf", "mediaObjectId": "MO_1.caf"}
    server = raw_server(answering(201, answer))
    content = bytes(range(256)) * 1000
    media = client_of(server).upload_file(
        fileobj=io.BytesIO(content), filename='b"\r\né.caf', content_type="audio/x-caf"
    )
    assert (media.media_url, media.media_object_id) == ("https://m.test/a.caf", "MO_1.caf")
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert f"Content-Length: {len(body)}".encode() in head
    boundary = head.split(b"boundary=")[1].split(b"\r\n")[0]
    fields, _, rest = body.partition(b"\r\n\r\n")
    assert fields.startswith(b"--" + boundary + b"\r\n")
    assert b'name="file"; filename="b%22%0D%0A\xc3\xa9.caf"' in fields
    assert b"Content-Type: audio/x-caf" in fields
    assert rest == content + b"\r\n--" + boundary + b"--\r\n"


def test_an_upload_may_take_longer_than_a_connect(raw_server: Serve, client_of: Connect) -> None:
    def slow(connection: socket.socket, server: RawServer) -> None:
        server.closing.wait(0.8)
        server.read(connection)
        connection.sendall(response(201, {"media_url": "https://m.test/a.mov"}))

    limits = replace(IMPATIENT, connect=0.4, send_read=10, upload_total=20)
    media = client_of(raw_server(slow), limits).upload_file(
        fileobj=io.BytesIO(bytes(16_000_000)), filename="a.mov", content_type="video/quicktime"
    )
    assert media.media_url


class EndlessFile(io.BytesIO):
    """Claims a size without having it."""

    def seek(self, offset: int, whence: int = 0) -> int:
        return MAX_UPLOAD_BYTES + 1


def test_a_file_above_the_limit_is_refused_here(raw_server: Serve, client_of: Connect) -> None:
    server = raw_server(GOOD)
    with pytest.raises(Rejected) as caught:
        client_of(server).upload_file(
            fileobj=EndlessFile(), filename="a.mov", content_type="video/quicktime"
        )
    assert "100 MB" in caught.value.message
    assert server.connections == 0


# --- the event stream ----------------------------------------------------------------------------

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
EVENT = b'id: 7\r\ndata: {"version":1,"id":"e1","type":"line.blocked",\r\ndata: "data":{}}\r\n\r\n'


@pytest.mark.parametrize("chunked", [True, False])
def test_events_come_one_by_one_while_the_stream_is_open(
    raw_server: Serve, client_of: Connect, chunked: bool
) -> None:
    def play(connection: socket.socket, server: RawServer) -> None:
        server.read(connection)
        connection.sendall(HEAD + (b"Transfer-Encoding: chunked\r\n\r\n" if chunked else b"\r\n"))
        for part in (b": heartbeat\n\n", EVENT, b"data: no json\n\n"):
            connection.sendall(b"%x\r\n%s\r\n" % (len(part), part) if chunked else part)
        server.closing.wait(5)

    server = raw_server(play)
    events = client_of(server, replace(IMPATIENT, stream_silence=3)).events(
        types=["line.blocked", "message.received"]
    )
    (event,) = islice(events, 1)
    events.close()
    assert (event.id, event.type) == ("e1", "line.blocked")
    assert b"types=line.blocked%2Cmessage.received" in server.requests[0]


def test_a_stream_that_falls_silent_is_given_up(raw_server: Serve, client_of: Connect) -> None:
    def play(connection: socket.socket, server: RawServer) -> None:
        server.read(connection)
        connection.sendall(HEAD + b"\r\n" + EVENT)
        server.closing.wait(5)

    events = client_of(raw_server(play)).events()
    assert next(events).id == "e1"
    started = time.monotonic()
    with pytest.raises(MaybeSent):
        next(events)
    assert time.monotonic() - started < IMPATIENT.stream_silence + 0.5


def test_a_stream_that_the_server_ends_just_ends(raw_server: Serve, client_of: Connect) -> None:
    def play(connection: socket.socket, server: RawServer) -> None:
        server.read(connection)
        connection.sendall(HEAD + b"Connection: close\r\n\r\n" + EVENT)

    assert [event.id for event in client_of(raw_server(play)).events()] == ["e1"]


def test_a_server_without_a_stream_says_so(raw_server: Serve, client_of: Connect) -> None:
    with pytest.raises(Rejected) as caught:
        next(client_of(raw_server(answering(404, {"status": "ERROR"}))).events())
    assert caught.value.status == 404
    with pytest.raises(MaybeSent):
        next(client_of(raw_server(answering(200, {"status": "OK"}))).events())


def test_the_keys_do_not_follow_a_redirect(raw_server: Serve, client_of: Connect) -> None:
    elsewhere = raw_server(GOOD)
    client = client_of(raw_server(answering(302, {}, {"Location": elsewhere.url})))
    for call in (client.list_lines, client.preview_line, lambda: next(client.events())):
        with pytest.raises(MaybeSent):
            call()
    assert elsewhere.connections == 0


def test_a_watched_location_ends_with_its_reason(raw_server: Serve, client_of: Connect) -> None:
    def play(connection: socket.socket, server: RawServer) -> None:
        server.read(connection)
        connection.sendall(
            HEAD + b"Connection: close\r\n\r\n"
            b'event: location\ndata: {"latitude": "52.5", "longitude": 13.4}\n\n'
            b'event: complete\ndata: {"reason": "sharing_ended"}\n\n'
        )

    client = client_of(raw_server(play))
    place, end = client.watch_location(number="+15550100777", from_number="+15550100001")
    assert place.state.location == Location(52.5, 13.4)
    assert (end.kind, end.reason) == ("complete", "sharing_ended")


def test_server_sent_events_may_break_anywhere() -> None:
    stream = b"event: a\r\ndata: 1\r\n\r\nid: 9\rdata:2\r\rdata: x\n\ndata: unfinished"
    expected = [
        ServerSentEvent("a", "1", ""),
        ServerSentEvent("message", "2", "9"),
        ServerSentEvent("message", "x", "9"),
    ]
    for size in range(1, len(stream) + 1):
        pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
        assert list(parse_events(pieces)) == expected, size


def test_a_line_without_end_is_not_collected() -> None:
    with pytest.raises(ValueError, match="too long"):
        list(parse_events(b"x" * 65536 for _ in range(100)))
