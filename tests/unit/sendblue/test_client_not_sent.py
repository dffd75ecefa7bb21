"""Whether a byte was written: the line between "send it again" and "nobody knows"."""

from __future__ import annotations

import datetime
import ipaddress
import socket
import ssl
import time
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sendblue_inbox.sendblue.errors import (
    MaybeSent,
    NotSent,
)
from sendblue_inbox.sendblue.operations.messages import MessageOperations
from sendblue_inbox.sendblue.transport import Transport
from tests.raw_server import (
    IMPATIENT,
    RawServer,
    answering,
    drip,
    failure,
    reset,
    response,
)

if TYPE_CHECKING:
    from pathlib import Path

    import requests

    from tests.raw_server import Connect, Script, Serve


def test_a_refused_connection_was_not_sent(client_of: Connect) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert type(failure(client_of(f"http://127.0.0.1:{port}"))) is NotSent


def test_a_name_that_does_not_resolve_was_not_sent(
    client_of: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unresolved(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unresolved)
    assert type(failure(client_of("http://api.sendblue.invalid"))) is NotSent


def test_a_connect_timeout_was_not_sent(client_of: Connect) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        address = listener.getsockname()
        crowd = [socket.socket() for _ in range(4)]  # fill the backlog: later SYNs are dropped
        for waiting in crowd:
            waiting.setblocking(False)
            waiting.connect_ex(address)
        started = time.monotonic()
        error = failure(client_of(f"http://127.0.0.1:{address[1]}"))
        for waiting in crowd:
            waiting.close()
    assert type(error) is NotSent
    assert time.monotonic() - started < 1.5


def test_a_plain_server_behind_https_was_not_sent(raw_server: Serve, client_of: Connect) -> None:
    def plain(connection: socket.socket, server: RawServer) -> None:
        connection.recv(65536)
        connection.sendall(response(200, {"message_handle": "m"}))

    server = raw_server(plain)
    assert type(failure(client_of(server.url.replace("http:", "https:")))) is NotSent


@pytest.mark.parametrize("ending", ["reset", "stall"])
def test_a_tls_handshake_that_breaks_was_not_sent(
    raw_server: Serve, client_of: Connect, ending: str
) -> None:
    def handshake(connection: socket.socket, server: RawServer) -> None:
        connection.recv(65536)
        if ending == "reset":
            reset(connection)
        else:
            server.closing.wait(5)

    server = raw_server(handshake)
    started = time.monotonic()
    assert type(failure(client_of(server.url.replace("http:", "https:")))) is NotSent
    assert time.monotonic() - started < 1.5


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for 127.0.0.1, with its key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    return path


def over_tls(certificate: Path, script: Script) -> Script:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def play(connection: socket.socket, server: RawServer) -> None:
        with context.wrap_socket(connection, server_side=True) as secured:
            script(secured, server)

    return play


def test_an_untrusted_certificate_was_not_sent(
    raw_server: Serve, client_of: Connect, certificate: Path
) -> None:
    server = raw_server(over_tls(certificate, answering(200, {"message_handle": "m"})))
    assert type(failure(client_of(server.url.replace("http:", "https:")))) is NotSent
    assert server.requests == []


class TrustingTransport(Transport):
    """Trusts the test's certificate and no other."""

    def __init__(self, trusted: Path, url: str) -> None:
        self.trusted = str(trusted)
        super().__init__(base_url=url, key_id="k", secret_key="s", limits=IMPATIENT)

    def _session(self) -> requests.Session:
        session = super()._session()
        session.verify = self.trusted
        return session


@pytest.mark.parametrize("ending", ["close", "stall", "drip"])
def test_a_loss_after_the_tls_handshake_may_have_been_sent(
    raw_server: Serve, certificate: Path, ending: str
) -> None:
    def ends(connection: socket.socket, server: RawServer) -> None:
        server.read(connection)
        if ending == "stall":
            server.closing.wait(5)
        if ending == "drip":
            drip(connection, server)

    server = raw_server(over_tls(certificate, ends))
    transport = TrustingTransport(certificate, server.url.replace("http:", "https:"))
    started = time.monotonic()
    assert type(failure(MessageOperations(transport))) is MaybeSent
    assert time.monotonic() - started < IMPATIENT.send_total + 0.5
    assert len(server.requests) == 1
