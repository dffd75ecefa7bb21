"""Every way in which a call can fail, and the class that says what may be done about it.

The judge is a server on a raw socket: what it read is what "may have been sent" means.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from sendblue_inbox.sendblue.errors import (
    BadCredentials,
    MaybeSent,
    RateLimited,
    Rejected,
    SendblueError,
)
from tests.raw_server import (
    IMPATIENT,
    KEY_ID,
    PERSON,
    SECRET_KEY,
    WORDS,
    RawServer,
    answering,
    drip,
    failure,
    reset,
    response,
)

if TYPE_CHECKING:
    import socket

    from tests.raw_server import Connect, Script, Serve


# --- something was written and no handle came back: maybe sent -----------------------------------


def reset_before_reading(connection: socket.socket, server: RawServer) -> None:
    connection.recv(1)
    reset(connection)


def reset_after_reading(connection: socket.socket, server: RawServer) -> None:
    server.read(connection)
    reset(connection)


def close_after_reading(connection: socket.socket, server: RawServer) -> None:
    server.read(connection)


def stall(connection: socket.socket, server: RawServer) -> None:
    server.read(connection)
    server.closing.wait(5)


def cut_answer(connection: socket.socket, server: RawServer) -> None:
    server.read(connection)
    connection.sendall(response(200, {"message_handle": "m", "status": "QUEUED"})[:-5])


def cut_chunks(connection: socket.socket, server: RawServer) -> None:
    server.read(connection)
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    connection.sendall(head + b'1c\r\n{"message_handle":"m"}      \r\n')


def garbage(connection: socket.socket, server: RawServer) -> None:
    server.read(connection)
    connection.sendall(b"SSH-2.0-OpenSSH\r\n\r\n")


def dripping_body(connection: socket.socket, server: RawServer) -> None:
    server.read(connection)
    drip(connection, server)


def dripping_headers(connection: socket.socket, server: RawServer) -> None:
    server.read(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while not server.closing.wait(0.05):
        connection.sendall(b"X-Again: 1\r\n")


def endless_body(connection: socket.socket, server: RawServer) -> None:
    server.read(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
    while not server.closing.is_set():
        connection.sendall(b" " * 65536)


@pytest.mark.parametrize(
    "script",
    [
        reset_before_reading,
        reset_after_reading,
        close_after_reading,
        stall,
        cut_answer,
        cut_chunks,
        garbage,
        dripping_body,
        dripping_headers,
        endless_body,
    ],
)
def test_a_lost_answer_may_have_been_sent(
    raw_server: Serve, client_of: Connect, script: Script
) -> None:
    server = raw_server(script)
    started = time.monotonic()
    assert type(failure(client_of(server))) is MaybeSent
    assert time.monotonic() - started < IMPATIENT.send_total + 0.5
    assert server.connections == 1, "a write is never repeated"


HTML = b"<html><body>502 Bad Gateway</body></html>"


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, HTML),
        (200, b""),
        (200, {}),
        (200, []),
        (200, {"status": "OK"}),
        (202, {"status": "QUEUED", "message_handle": None}),
        (202, {"status": "QUEUED", "message_handle": ""}),
        (200, {"status": "ERROR", "error_code": 5503, "error_message": "sender unavailable"}),
        (400, {"status": "ERROR", "error_code": 5503}),
        (400, {"status": "ERROR", "error_code": "5003"}),
        (400, {"status": "ERROR", "error_code": 10002}),
        (301, b""),
        (302, b""),
        (307, {"status": "ERROR"}),
        (408, {"status": "ERROR", "message": "Request Timeout"}),
        (409, {"status": "ERROR", "message": "Conflict"}),
        (500, HTML),
        (500, {"status": "ERROR", "error_code": 5000}),
        (500, {"status": "ERROR", "message": "Internal"}),
        (502, HTML),
        (503, {"status": "ERROR", "error_code": 5003}),
        (504, b""),
        (418, {"status": "ERROR", "message": "teapot"}),
    ],
)
def test_an_answer_without_a_verdict_may_have_been_sent(
    raw_server: Serve, client_of: Connect, status: int, body: Any
) -> None:
    elsewhere = {"Location": "/api/send-message"} if 300 <= status < 400 else None
    server = raw_server(answering(status, body, elsewhere))
    error = failure(client_of(server))
    assert type(error) is MaybeSent
    assert error.status == status
    assert server.connections == len(server.requests) == 1, "neither repeated nor redirected"


# --- refusals ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, {"status": "ERROR", "message": "missing required parameter: from_number"}),
        (400, {"status": "ERROR", "error_code": 4000, "error_message": "bad number"}),
        (400, {"status": "ERROR", "error_code": "4002", "error_message": "blacklisted"}),
        (400, {"status": "ERROR", "error_message": "OPTED_OUT", "error_reason": "SpamRule"}),
        (400, {"status": "ERROR", "error_code": "SMS_LIMIT_REACHED"}),
        (400, b"Bad Request"),
        (402, {"status": "ERROR", "message": "plan"}),
        (404, {"status": "ERROR", "message": "line not registered"}),
        (413, HTML),
        (422, {"error": {"code": "invalid", "message": "no"}}),
        (200, {"status": "ERROR", "error_key": "PRE_REPLY_LIMIT_REACHED"}),
        (200, {"status": "ERROR", "error_message": "OPTED_OUT"}),
        (202, {"status": "error", "message": "no"}),
        (200, {"error": "no such route"}),
        (500, {"status": "ERROR", "error_code": 4000, "error_message": "validation"}),
    ],
)
def test_a_refusal_is_rejected(
    raw_server: Serve, client_of: Connect, status: int, body: Any
) -> None:
    server = raw_server(answering(status, body))
    assert type(failure(client_of(server))) is Rejected
    assert server.connections == 1


def test_a_message_that_has_failed_already_is_rejected_with_its_handle(
    raw_server: Serve, client_of: Connect
) -> None:
    """With the handle in hand there is no doubt, whatever the code."""
    body = {"status": "ERROR", "message_handle": "m-1", "error_code": 5503}
    error = failure(client_of(raw_server(answering(200, body))))
    assert type(error) is Rejected
    assert (error.message_handle, error.error_code) == ("m-1", "5503")


@pytest.mark.parametrize("status", ["ERROR", "DECLINED", "failed"])
def test_a_whole_message_that_has_failed_is_rejected_too(
    raw_server: Serve, client_of: Connect, status: str
) -> None:
    body = {"status": status, "message_handle": "m-1", "is_outbound": True, "content": WORDS}
    error = failure(client_of(raw_server(answering(202, body))))
    assert type(error) is Rejected
    assert error.message_handle == "m-1"


def test_a_refused_reaction_is_a_refusal_although_it_names_a_message(
    raw_server: Serve, client_of: Connect
) -> None:
    body = {"status": "ERROR", "message": "Not on SMS", "message_handle": "m-1"}
    with pytest.raises(Rejected):
        client_of(raw_server(answering(200, body))).send_reaction(
            from_number="+15550100001", message_handle="m-1", reaction="love"
        )


@pytest.mark.parametrize("status", [200, 201, 202])
def test_any_2xx_with_a_handle_is_accepted_with_or_without_envelope(
    raw_server: Serve, client_of: Connect, status: int
) -> None:
    message = {"message_handle": "m-1", "status": "QUEUED"}
    for body in (message, {"status": "OK", "data": message}):
        client = client_of(raw_server(answering(status, body)))
        sent = client.send_message(number=PERSON, from_number="+15550100001", content=WORDS)
        assert (sent.message_handle, sent.status) == ("m-1", "QUEUED")


@pytest.mark.parametrize(
    ("status", "body", "headers", "retry_after"),
    [
        (429, {"status": "ERROR", "message": "slow down"}, {}, None),
        (429, HTML, {"Retry-After": "7"}, 7),
        (429, {}, {"Retry-After": "1.5"}, 1.5),
        (429, {}, {"retry-after-ms": "250"}, 0.25),
        (429, {}, {"Retry-After": "soon"}, None),
        (429, {}, {"retry-after-ms": "nan"}, None),
        (429, {}, {"Retry-After": "-1"}, None),
        (429, {}, {"Retry-After": "9" * 400}, 86_400),
        (429, {}, {"Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT"}, 86_400),
        (429, {}, {"Retry-After": "Sun, 06 Nov 1994 08:49:37 GMT"}, 0),
        (400, {"status": "ERROR", "error_code": 429}, {}, None),
        (400, {"status": "ERROR", "error_key": "LINE_DAILY_LIMIT_REACHED"}, {}, None),
        (400, {"status": "ERROR", "error_code": "4001"}, {}, None),
        (500, {"status": "ERROR", "error_code": 5509}, {}, None),
        (200, {"status": "ERROR", "error_code": "5509"}, {}, None),
    ],
)
def test_a_request_to_slow_down_is_rate_limited(
    raw_server: Serve,
    client_of: Connect,
    status: int,
    body: Any,
    headers: dict[str, str],
    retry_after: float | None,
) -> None:
    server = raw_server(answering(status, body, headers))
    error = failure(client_of(server))
    assert type(error) is RateLimited
    assert error.retry_after == retry_after
    assert server.connections == 1


@pytest.mark.parametrize("status", [401, 403])
def test_wrong_keys_are_bad_credentials(raw_server: Serve, client_of: Connect, status: int) -> None:
    server = raw_server(answering(status, {"status": "ERROR", "message": "Unauthorized"}))
    assert type(failure(client_of(server))) is BadCredentials


def test_a_conflict_outside_sends_is_a_refusal(raw_server: Serve, client_of: Connect) -> None:
    body = {"status": "ERROR", "message": "Contact already exists"}
    server = raw_server(answering(409, body))
    with pytest.raises(Rejected) as caught:
        client_of(server).create_contact(number=PERSON)
    assert caught.value.message == "Contact already exists"


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        ({"error_message": "a", "message": "b", "error": "c"}, "", "a"),
        ({"status": "ERROR", "message": "b", "error": "c"}, "", "b"),
        ({"error": "c"}, "", "c"),
        ({"error": {"code": "line_not_registered", "message": "d"}}, "line_not_registered", "d"),
        ({"status": "ERROR", "error_code": 4000.0}, "4000", ""),
        ({"status": "ERROR", "error_code": 0, "message": "b"}, "", "b"),
        (b"Message not found", "", "Message not found"),
    ],
)
def test_the_words_of_a_failure_are_read_from_every_envelope(
    raw_server: Serve,
    client_of: Connect,
    body: Any,
    code: str,
    message: str,
) -> None:
    plain = {"Content-Type": "text/plain"} if isinstance(body, bytes) else None
    error = failure(client_of(raw_server(answering(404, body, plain))))
    assert (error.error_code, error.message) == (code, message)


# --- what may be seen in logs --------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["answered", "lost"])
def test_neither_errors_nor_logs_show_numbers_content_or_keys(
    raw_server: Serve,
    client_of: Connect,
    caplog: pytest.LogCaptureFixture,
    fault: str,
) -> None:
    body = {
        "status": "ERROR",
        "error_message": f"cannot send to {PERSON} or +1 (555) 010-0777 or jo@example.test",
        "content": WORDS,
        "number": PERSON,
        "error_code": 4000,
    }
    server = raw_server(answering(400, body) if fault == "answered" else reset_after_reading)
    with caplog.at_level("INFO"):
        error = failure(client_of(server))
        with pytest.raises(SendblueError) as caught:
            client_of(server).get_contact(number=PERSON)
    shown = caplog.text + str(error) + repr(error) + str(caught.value) + repr(caught.value)
    assert error.__cause__ is error.__context__ is None
    for secret in ("0777", "010-0777", "jo@", WORDS, KEY_ID, SECRET_KEY):
        assert secret not in shown
    assert "/api/send-message" in shown
    assert "/api/v2/contacts/{phone_number}" in shown
