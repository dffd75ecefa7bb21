"""A server that misbehaves on the wire exactly as told, and limits that do not wait for it."""

from __future__ import annotations

import json
import socket
import struct
import threading
from typing import TYPE_CHECKING, Any

import pytest

from sendblue_inbox.sendblue.errors import SendblueError
from sendblue_inbox.sendblue.transport import Limits

if TYPE_CHECKING:
    from collections.abc import Callable

    from sendblue_inbox.sendblue.client import Client
    from sendblue_inbox.sendblue.operations.messages import MessageOperations

    Script = Callable[[socket.socket, "RawServer"], None]
    Serve = Callable[..., "RawServer"]
    Connect = Callable[..., Client]

KEY_ID, SECRET_KEY = "key-id-canary", "secret-key-canary"
IMPATIENT = Limits(
    connect=0.5,
    send_read=0.4,
    send_total=0.8,
    upload_total=5,
    fetch_read=0.4,
    fetch_total=3,
    backoff=0.01,
    stream_silence=0.4,
)


class RawServer:
    """Plays one script a connection, the last one again and again; keeps what it was sent."""

    def __init__(self, *scripts: Script) -> None:
        self.scripts = list(scripts)
        self.requests: list[bytes] = []
        self.connections = 0
        self.closing = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            script = self.scripts[min(self.connections, len(self.scripts) - 1)]
            self.connections += 1
            threading.Thread(target=self._play, args=(script, connection), daemon=True).start()

    def _play(self, script: Script, connection: socket.socket) -> None:
        with connection:
            try:
                script(connection, self)
            except OSError:
                return

    def read(self, connection: socket.socket) -> bytes:
        """One whole request."""
        data = b""
        while b"\r\n\r\n" not in data:
            data += connection.recv(65536) or self._cut()
        head, _, body = data.partition(b"\r\n\r\n")
        length = next(
            (
                int(line.split(b":")[1])
                for line in head.split(b"\r\n")
                if line.lower().startswith(b"content-length:")
            ),
            0,
        )
        rest = bytearray(body)
        while len(rest) < length:
            rest += connection.recv(65536) or self._cut()
        request = head + b"\r\n\r\n" + bytes(rest)
        self.requests.append(request)
        return request

    @staticmethod
    def _cut() -> bytes:
        raise ConnectionError("the client went away")

    def close(self) -> None:
        self.closing.set()
        self.listener.close()


def reset(connection: socket.socket) -> None:
    """End the connection with RST."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def response(status: int, body: Any, headers: dict[str, str] | None = None) -> bytes:
    """A whole HTTP answer; `body` is JSON unless it is bytes already."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = {"Content-Type": "application/json", "Content-Length": str(len(content))}
    lines |= headers or {}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status} Words\r\n{head}\r\n".encode() + content


def answering(status: int, body: Any, headers: dict[str, str] | None = None) -> Script:
    """Read each request of the connection and give it the same answer."""

    def play(connection: socket.socket, server: RawServer) -> None:
        while True:
            server.read(connection)
            connection.sendall(response(status, body, headers))

    return play


def drip(connection: socket.socket, server: RawServer) -> None:
    """Chunks that come often enough for every read timeout, and never end."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while not server.closing.wait(0.05):
        connection.sendall(b"1\r\n \r\n")


PERSON, LINE, WORDS = "+15550100777", "+15550100001", "It ships today."


def failure(client: MessageOperations) -> SendblueError:
    """What sending one message raises."""
    with pytest.raises(SendblueError) as caught:
        client.send_message(number=PERSON, from_number=LINE, content=WORDS)
    return caught.value
