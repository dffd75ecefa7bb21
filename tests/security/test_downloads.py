"""A server may send what it likes: a download takes so many bytes and so many seconds, no more."""

from __future__ import annotations

import datetime
import hashlib
import io
import ipaddress
import resource
import socket
import ssl
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from sendblue_inbox.safe_download import (
    Downloaded,
    DownloadError,
    Failed,
    Gone,
    TooLarge,
    TooSlow,
    download,
)
from tests.raw_server import RawServer, answering, response

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

LOOPBACK = [ipaddress.ip_network("127.0.0.1/32")]
MOST, SECONDS = 200_000, 1.0
SLACK = 64 * 1024


class Counting(RawServer):
    """Counts what a script could hand over before the other side went away."""

    handed = 0

    def send(self, connection: socket.socket, data: bytes) -> None:
        connection.sendall(data)
        self.handed += len(data)


@pytest.fixture
def serve() -> Iterator[Callable[..., Counting]]:
    servers: list[Counting] = []

    def serve(*scripts: Any) -> Counting:
        servers.append(Counting(*scripts))
        return servers[-1]

    yield serve
    for server in servers:
        server.close()


def endlessly(start: bytes, piece: bytes, pause: float = 0) -> Callable[[socket.socket, Any], None]:
    """Answer with `start`, then the same piece for as long as anybody listens."""

    def play(connection: socket.socket, server: Counting) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        server.read(connection)
        server.send(connection, start)
        while not server.closing.wait(pause) if pause else not server.closing.is_set():
            server.send(connection, piece)

    return play


OK, CHUNKED = b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
BLOCK = b"x" * 65536
HOSTILE = {
    "endless body": (endlessly(OK + b"\r\n", BLOCK), TooLarge),
    "endless chunks": (endlessly(CHUNKED, b"10000\r\n" + BLOCK + b"\r\n"), TooLarge),
    "a length that is too large": (
        endlessly(OK + b"Content-Length: 99999999999\r\n\r\n", BLOCK),
        TooLarge,
    ),
    "endless header": (endlessly(OK + b"X-A: ", b"a" * 60_000), (TooLarge, Failed)),
    "endless headers": (endlessly(OK, b"X-A: a\r\n" * 1000), (TooLarge, Failed)),
    "endless status line": (endlessly(b"HTTP/1.1 200 ", b"a" * 60_000), (TooLarge, Failed)),
    "endless continuing": (endlessly(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000), TooLarge),
    "endless chunk extension": (endlessly(CHUNKED + b"1;", b"a" * 60_000), (TooLarge, Failed)),
    "endless trailers": (endlessly(CHUNKED + b"0\r\n", b"X-A: a\r\n" * 1000), TooLarge),
    "one byte at a time": (
        endlessly(OK + b"Content-Length: 100000\r\n\r\n", b"a", 0.05),
        TooSlow,
    ),
    "one byte of a header at a time": (endlessly(OK + b"X-A: ", b"a", 0.05), TooSlow),
    "one byte of the status at a time": (endlessly(b"HTTP/1.1 2", b"0", 0.05), TooSlow),
    "one byte of a trailer at a time": (endlessly(CHUNKED + b"0\r\nX: ", b"a", 0.05), TooSlow),
    "silence": (endlessly(b"", b"", 0.5), TooSlow),
    "silence after the head": (endlessly(OK + b"Content-Length: 9\r\n\r\n", b"", 0.5), TooSlow),
    "packed": (answering(200, b"\x1f\x8b" + b"x" * 99, {"Content-Encoding": "gzip"}), Failed),
    "packed twice": (answering(200, b"x" * 99, {"Content-Encoding": "gzip, br"}), Failed),
    "packed on the way": (answering(200, b"x", {"Transfer-Encoding": "gzip, chunked"}), Failed),
    "a server error": (answering(503, b"later"), Failed),
    "a part of it": (answering(206, b"part", {"Content-Range": "bytes 0-3/9"}), Failed),
    "no content": (answering(204, b""), Failed),
    "forbidden there": (answering(403, b"no"), Failed),
    "gone": (answering(404, b"nothing"), Gone),
    "gone for good": (answering(410, b"nothing"), Gone),
    "not HTTP": (lambda c, _s: c.sendall(b"SSH-2.0-OpenSSH\r\n"), Failed),
    "nothing": (lambda c, _s: None, Failed),
}


def cut_short(connection: socket.socket, server: Counting) -> None:
    server.read(connection)
    connection.sendall(OK + b"Content-Length: 100\r\n\r\nshort")


def cut_chunk(connection: socket.socket, server: Counting) -> None:
    server.read(connection)
    connection.sendall(CHUNKED + b"64\r\nshort")


HOSTILE |= {"less than it told": (cut_short, Failed), "a cut chunk": (cut_chunk, Failed)}


def fetch(url: str, into: Any = None, **options: Any) -> Downloaded:
    limits = {"most_bytes": MOST, "seconds": SECONDS, "allowed_networks": LOOPBACK} | options
    return download(url, into=into or io.BytesIO(), **limits)


@pytest.mark.parametrize("name", HOSTILE)
def test_whatever_comes_ends_within_bytes_and_seconds(name: str, serve: Any) -> None:
    script, expected = HOSTILE[name]
    server, into = serve(script), io.BytesIO()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.monotonic()
    with pytest.raises(DownloadError) as caught:
        fetch(f"{server.url}/a.jpg", into)
    assert isinstance(caught.value, expected), repr(caught.value)
    assert time.monotonic() - started < SECONDS + 1
    assert into.tell() <= MOST
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before <= 20_000


def test_no_more_is_read_than_the_cap_and_a_little(serve: Any) -> None:
    """Counted on our side of the socket: buffers of the kernel hold what nobody asked for."""
    read = 0
    whole = socket.socket.recv_into

    class Watched(socket.socket):
        def recv_into(self, buffer: Any, *rest: Any) -> int:
            nonlocal read
            count = whole(self, buffer, *rest)
            read += count
            return count

    for name in ("endless body", "endless trailers", "endless continuing", "endless header"):
        read, server = 0, serve(HOSTILE[name][0])
        with pytest.MonkeyPatch.context() as patch, pytest.raises(DownloadError):
            patch.setattr(socket, "socket", Watched)
            fetch(f"{server.url}/a.jpg")
        assert 0 < read <= MOST + 2 * SLACK, name


def test_a_file_comes_whole_with_its_hash_and_type(serve: Any) -> None:
    content = bytes(range(256)) * 500
    for extra in (
        answering(200, content, {"Content-Type": "image/png"}),
        lambda c, s: (
            s.read(c),
            c.sendall(CHUNKED.replace(b"\r\n\r\n", b"\r\nContent-Type: image/png\r\n\r\n")),
            c.sendall(b"1f400\r\n" + content + b"\r\n0\r\n\r\n"),
        ),
        lambda c, s: (
            s.read(c),
            c.sendall(b"HTTP/1.0 200 OK\r\nContent-Type: image/png\r\n\r\n" + content),
        ),
    ):
        into = io.BytesIO()
        done = fetch(f"{serve(extra).url}/a.png?x=1#part", into)
        assert into.getvalue() == content
        assert (done.size, done.content_type_told) == (len(content), "image/png")
        assert done.sha256 == hashlib.sha256(content).hexdigest()


def test_exactly_the_cap_is_allowed_and_one_byte_more_is_not(serve: Any) -> None:
    server = serve(answering(200, b"x" * 1000))
    assert fetch(f"{server.url}/a", most_bytes=1000).size == 1000
    with pytest.raises(TooLarge):
        fetch(f"{server.url}/a", most_bytes=999)


def test_addresses_with_other_letters_reach_the_server_as_plain_ones(serve: Any) -> None:
    server = serve(answering(200, b"file"))
    fetch(f"{server.url}/ü/%41b.jpg?q=ä")
    assert server.requests[0].startswith(b"GET /%C3%BC/%41b.jpg?q=%C3%A4 HTTP/1.1\r\n")


def test_tls_checks_the_name_although_it_connects_to_the_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str | None] = []
    server_context, trusted = _certificate(tmp_path, "files.example.com")
    server_context.sni_callback = lambda _socket, name, _context: told.append(name)
    monkeypatch.setattr("sendblue_inbox.safe_download.fetching._TLS", trusted)
    resolve = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda _h, p, **o: resolve("127.0.0.1", p, **o))

    def secured(connection: socket.socket, server: RawServer) -> None:
        with server_context.wrap_socket(connection, server_side=True) as inside:
            server.read(inside)
            inside.sendall(response(200, b"file"))

    server = RawServer(secured)
    port = server.url.rpartition(":")[2]
    assert fetch(f"https://files.example.com:{port}/a.jpg").size == 4
    with pytest.raises(Failed, match="SSLCertVerificationError"):
        fetch(f"https://other.example.com:{port}/a.jpg")
    assert told == ["files.example.com", "other.example.com"]
    server.close()


def test_a_handshake_that_drips_ends_in_time(serve: Any) -> None:
    server = serve(endlessly(b"", b"\x16", 0.05))
    server.read = lambda connection: connection.recv(9)
    with pytest.raises((TooSlow, Failed)):
        fetch(f"{server.url.replace('http:', 'https:')}/a.jpg")


def test_ten_at_once_do_not_disturb_each_other(serve: Any) -> None:
    server = serve(answering(200, b"file"))
    sizes: list[int] = []
    threads = [
        threading.Thread(target=lambda: sizes.append(fetch(f"{server.url}/a").size))
        for _n in range(10)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sizes == [4] * 10


def _certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context with a certificate for that name, and one that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (folder / "server.pem").write_bytes(private + pem)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "server.pem")
    trusting = ssl.create_default_context(cadata=pem.decode())
    return server, trusting
