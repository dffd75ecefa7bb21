"""One bounded download from an address that a stranger chose."""

from __future__ import annotations

import hashlib
import io
import re
import socket
import ssl
import time
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import quote, urljoin, urlsplit

from .addresses import Network, checked_addresses
from .errors import Failed, Forbidden, Gone, TooLarge, TooSlow

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_REDIRECTS = 3
_REDIRECTS = {301, 302, 303, 307, 308}
_CHUNK = 64 * 1024
_HEAD_BYTES = 64 * 1024  # that heads, chunk sizes and trailers may add to the file
_PORTS = {"http": 80, "https": 443}
_TLS = ssl.create_default_context()
_UNSAFE = re.compile(r"[\x00-\x20\x7f\\]")
_HOST = re.compile(r"[A-Za-z0-9._:-]{1,253}")  # with the colons of an IPv6 address


@dataclass(frozen=True, slots=True)
class Downloaded:
    """A whole file: bytes, SHA-256 in hexadecimal, the type its server told, its last address."""

    size: int
    sha256: str
    content_type_told: str
    final_url: str


@dataclass(frozen=True, slots=True)
class _Target:
    scheme: str
    host: str  # ASCII, as it goes into the certificate check
    port: int
    path: str

    @property
    def is_usual(self) -> bool:
        return self.scheme == "https" and self.port == _PORTS["https"]

    @property
    def host_header(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def download(
    url: str,
    *,
    into: IO[bytes],
    most_bytes: int,
    seconds: float,
    allowed_networks: Sequence[Network] = (),
) -> Downloaded:
    """Write the file at `url` to `into`, within `seconds` for everything together.

    https on port 443 of public machines; other ports and plain http only on machines inside
    `allowed_networks`. Every redirect, of which there may be three, is checked like the first
    address. Raises a DownloadError; what was written to `into` until then is worthless.
    """
    deadline = time.monotonic() + seconds
    for _hop in range(1 + MOST_REDIRECTS):
        target = _parse(url)
        if not (target.is_usual or allowed_networks):
            raise Forbidden("only https on port 443")
        with _connect(target, allowed_networks, deadline) as opened:
            wire = _Wire(opened, most_bytes=most_bytes + _HEAD_BYTES, deadline=deadline)
            try:
                response = _ask(target, wire)
                if response.status in _REDIRECTS:
                    url = urljoin(url, response.headers.get("Location", ""))
                    continue
                size, digest = _receive(response, into, most_bytes)
            except TimeoutError:
                raise TooSlow("the file did not come in time") from None
            except (OSError, HTTPException, ValueError) as error:
                raise Failed(type(error).__name__) from None
        return Downloaded(size, digest, response.headers.get("Content-Type", "")[:200], url)
    raise Failed("too many redirects")


def _parse(url: str) -> _Target:
    """Where an address leads. Raises Forbidden for all that has a second meaning somewhere."""
    if _UNSAFE.search(url):
        raise Forbidden("the address is malformed")
    try:
        parts = urlsplit(url)
        port = parts.port
        # Digits in circles and other alphabets become what they stand for, before any check.
        host = (parts.hostname or "").encode("idna").decode("ascii")
    except ValueError:
        raise Forbidden("the address is malformed") from None
    if parts.scheme not in _PORTS:
        raise Forbidden("only https")
    if "@" in parts.netloc or not _HOST.fullmatch(host):
        raise Forbidden("the address is malformed")
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~")
    if parts.query:
        path += "?" + quote(parts.query, safe="/%:@!$&'()*+,;=?~")
    return _Target(parts.scheme, host, _PORTS[parts.scheme] if port is None else port, path)


def _connect(target: _Target, allowed: Sequence[Network], deadline: float) -> socket.socket:
    """A socket to an address that was checked: the name is not asked for a second time."""
    addresses = checked_addresses(
        target.host,
        target.port,
        usual=target.is_usual,
        allowed=allowed,
        seconds=_left(deadline),
    )
    failed = ""
    for n, address in enumerate(addresses):
        # The last may take all the time; those before must leave some for the others.
        share = _left(deadline) / (len(addresses) - n)
        family = socket.AF_INET if address.version == 4 else socket.AF_INET6
        opened = socket.socket(family, socket.SOCK_STREAM)
        try:
            opened.settimeout(share)
            opened.connect((str(address), target.port))
            if target.scheme == "http":
                return opened
            opened.settimeout(_left(deadline))  # for the whole of the handshake
            return _TLS.wrap_socket(opened, server_hostname=target.host)
        except OSError as error:
            opened.close()
            failed = type(error).__name__
    _left(deadline)
    raise Failed(f"no connection: {failed}")


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TooSlow("the time for this file is used up")
    return left


class _Wire(io.RawIOBase):
    """What HTTP reads from, for which every byte counts: time and amount end it anywhere.

    Also in the middle of a header, of a chunk's length, or of trailers without end, none of which
    is a body.
    """

    def __init__(self, opened: socket.socket, *, most_bytes: int, deadline: float) -> None:
        self._socket = opened
        self._bytes_left = most_bytes
        self._deadline = deadline

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Stands in for the socket."""
        return io.BufferedReader(self, _CHUNK)

    def sendall(self, data: bytes) -> None:
        """Stands in for the socket."""
        self._socket.settimeout(_left(self._deadline))
        self._socket.sendall(data)

    def close(self) -> None:
        """HTTP closes its connection before it has read the answer; `download` closes it after."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._socket.settimeout(_left(self._deadline))
        count = self._socket.recv_into(buffer)
        self._bytes_left -= count
        if self._bytes_left < 0:
            raise TooLarge("more bytes than may be taken")
        return count


def _ask(target: _Target, wire: _Wire) -> HTTPResponse:
    connection = HTTPConnection(target.host, target.port)
    connection.auto_open = 0  # it may never open a connection by itself
    connection.sock = wire
    connection.putrequest("GET", target.path, skip_host=True, skip_accept_encoding=True)
    connection.putheader("Host", target.host_header)
    connection.putheader("User-Agent", "sendblue-inbox")
    connection.putheader("Accept", "*/*")
    # A packed answer could unpack into anything; and ranges of it would mean something else.
    connection.putheader("Accept-Encoding", "identity")
    connection.putheader("Connection", "close")
    connection.endheaders()
    return connection.getresponse()


def _receive(response: HTTPResponse, into: IO[bytes], most_bytes: int) -> tuple[int, str]:
    """(size, SHA-256) of a body that is whole, plain and not too large."""
    if response.status in {404, 410}:
        raise Gone(f"the file is gone ({response.status})")
    if response.status != 200:
        raise Failed(f"the answer was {response.status}")
    for name, usual in (("Content-Encoding", "identity"), ("Transfer-Encoding", "chunked")):
        if response.headers.get(name, usual).strip().lower() != usual:
            raise Failed("the answer is packed")
    told = response.length
    if told is not None and told > most_bytes:
        raise TooLarge("the file is larger than may be taken")
    size, digest = 0, hashlib.sha256()
    while chunk := response.read(_CHUNK):
        size += len(chunk)
        if size > most_bytes:
            raise TooLarge("the file is larger than may be taken")
        digest.update(chunk)
        into.write(chunk)
    if told is not None and size != told:
        raise Failed("the answer was cut")
    return size, digest.hexdigest()
