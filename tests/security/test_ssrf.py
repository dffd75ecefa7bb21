"""No address that a stranger names makes us open a connection to anything but a public machine.

Watched where connections are made: an audit hook sees every `connect()` of this process, whoever
asks for it.
"""

from __future__ import annotations

import io
import ipaddress
import random
import socket
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from sendblue_inbox.safe_download import (
    DownloadError,
    Forbidden,
    TooSlow,
    Unresolvable,
    download,
    is_public,
)
from tests.raw_server import RawServer, answering

from .targets import FORBIDDEN_IPS, FORBIDDEN_URLS, LEGITIMATE, NAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LOOPBACK = [ipaddress.ip_network("127.0.0.0/8")]
_watching: list[tuple[Any, ...]] | None = None


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect" and _watching is not None:
        _watching.append(arguments[1])


sys.addaudithook(_hook)  # cannot be taken out again, hence the switch


@pytest.fixture
def connections() -> Iterator[list[tuple[Any, ...]]]:
    """Where this process tried to connect to during the test."""
    global _watching
    _watching = []
    yield _watching
    _watching = None


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names that were asked for; answers come from NAMES and no network."""
    names: list[str] = []

    def getaddrinfo(host: str, port: int, **_options: Any) -> list[tuple[Any, ...]]:
        names.append(host)
        try:
            answers = [str(ipaddress.ip_address(host))]
        except ValueError:
            answers = NAMES.get(host.lower().rstrip("."), [])
        if not answers:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in answers]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return names


@pytest.fixture
def serve() -> Iterator[Callable[..., RawServer]]:
    servers: list[RawServer] = []

    def serve(*scripts: Any) -> RawServer:
        servers.append(RawServer(*scripts))
        return servers[-1]

    yield serve
    for server in servers:
        server.close()


def fetch(url: str, **options: Any) -> str:
    """What comes of it, by the name of the error."""
    limits: dict[str, Any] = {"most_bytes": 1000, "seconds": 2} | options
    try:
        download(url, into=io.BytesIO(), **limits)
    except DownloadError as error:
        return type(error).__name__
    return "downloaded"


def literal(ip: str) -> str:
    return f"https://[{ip}]/a.jpg" if ":" in ip else f"https://{ip}/a.jpg"


def test_the_corpora_are_large_enough() -> None:
    assert len({*FORBIDDEN_IPS, *FORBIDDEN_URLS}) >= 200
    assert len(set(LEGITIMATE)) >= 30


def test_no_forbidden_target_is_connected_to(
    asked: list[str], connections: list[tuple[Any, ...]]
) -> None:
    targets = [*map(literal, FORBIDDEN_IPS), *FORBIDDEN_URLS]
    outcomes = {url: fetch(url) for url in targets}
    assert {url for url, outcome in outcomes.items() if outcome != "Forbidden"} == set()
    assert connections == []


def test_an_allowed_network_opens_nothing_beside_itself(
    asked: list[str], connections: list[tuple[Any, ...]]
) -> None:
    elsewhere = [ip for ip in FORBIDDEN_IPS if not ip.startswith("127.")]
    urls = [*map(literal, elsewhere), "https://mixed-loopback.example.com:8443/a.jpg"]
    urls += ["http://cdn.example.com/a.jpg", "http://both.example.com:4010/a.jpg"]
    outcomes = {url: fetch(url, allowed_networks=LOOPBACK) for url in urls}
    assert {url for url, outcome in outcomes.items() if outcome != "Forbidden"} == set()
    assert connections == []


@pytest.mark.parametrize("ip", LEGITIMATE)
def test_public_machines_pass(ip: str) -> None:
    assert is_public(ipaddress.ip_address(ip))


def test_nothing_that_python_calls_private_is_public() -> None:
    dice = random.Random(7)
    for _n in range(20_000):
        four = ipaddress.IPv4Address(dice.getrandbits(32))
        six = ipaddress.IPv6Address(dice.getrandbits(128))
        for address in (four, six, ipaddress.IPv6Address(1 << 125 | dice.getrandbits(125))):
            odd = address.is_private or address.is_multicast or address.is_reserved
            assert not (is_public(address) and odd), address


def test_a_public_machine_is_connected_to_at_the_address_that_was_checked(
    asked: list[str], connections: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_self: socket.socket, address: tuple[Any, ...]) -> None:
        connections.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", refuse, raising=False)
    assert fetch("https://both.example.com/a.jpg") == "Failed"
    assert connections == [("142.250.74.91", 443), ("2a00:1450:4001:82b::201b", 443)]
    assert asked == ["both.example.com"]


def test_a_name_is_asked_once_so_a_second_answer_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, connections: list[tuple[Any, ...]], serve: Any
) -> None:
    server = serve(answering(200, b"file"))
    port = int(server.url.rpartition(":")[2])
    answers = iter(["127.0.0.1", "127.0.0.2", "127.0.0.3"])
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda _host, port, **_: [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))
        ],
    )
    url = f"http://rebinding.example.com:{port}/a.jpg"
    only_first = [ipaddress.ip_network("127.0.0.1/32")]
    assert fetch(url, allowed_networks=only_first) == "downloaded"
    assert connections == [("127.0.0.1", port)]
    assert next(answers) == "127.0.0.2"
    assert b"Host: rebinding.example.com:" in server.requests[0]
    # The other way round: a name that was public when somebody looked is checked again by us.
    assert fetch(url, allowed_networks=only_first) == "Forbidden"


@pytest.mark.parametrize("hop", [1, 2, 3])
@pytest.mark.parametrize(
    "target",
    [
        "http://169.254.169.254/latest/meta-data/",
        "https://10.0.0.1/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::1]:443/",
        "http://127.0.0.2/",
        "https://user@127.0.0.1/",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "//192.168.0.1/",
        "https://①②⑦.⓪.⓪.②/",
    ],
)
def test_every_hop_is_checked(
    hop: int, target: str, connections: list[tuple[Any, ...]], serve: Any
) -> None:
    scripts = [answering(302, b"", {"Location": "/again"}) for _n in range(hop - 1)]
    server = serve(*scripts, answering(302, b"", {"Location": target}))
    only = [ipaddress.ip_network("127.0.0.1/32")]
    assert fetch(f"{server.url}/a.jpg", allowed_networks=only) == "Forbidden"
    assert {ip for ip, _port in connections} == {"127.0.0.1"}
    assert server.connections == len(connections) == hop


def test_ten_thousand_redirects_are_four_requests(serve: Any) -> None:
    server = serve(*(answering(307, b"", {"Location": f"/{n}"}) for n in range(10_000)))
    assert fetch(f"{server.url}/a.jpg", allowed_networks=LOOPBACK) == "Failed"
    assert server.connections == 4
    assert b"ookie" not in b"".join(server.requests)


def test_three_redirects_are_followed(serve: Any) -> None:
    moved = [answering(code, b"", {"Location": f"b{code}.jpg"}) for code in (301, 303, 308)]
    server = serve(*moved, answering(200, b"file"))
    into = io.BytesIO()
    done = download(
        f"{server.url}/x/a.jpg", into=into, most_bytes=9, seconds=2, allowed_networks=LOOPBACK
    )
    assert into.getvalue() == b"file"
    assert done.final_url == f"{server.url}/x/b308.jpg"


def test_proxies_passwords_and_cookies_of_the_environment_are_not_used(
    serve: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    proxy, server = serve(answering(200, b"proxy")), serve(answering(200, b"file"))
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy.url)
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login canary password canary\n")
    monkeypatch.setenv("NETRC", str(netrc))
    assert fetch(f"{server.url}/a.jpg", allowed_networks=LOOPBACK) == "downloaded"
    assert proxy.connections == 0
    head = server.requests[0].lower()
    assert b"authorization" not in head
    assert b"accept-encoding: identity" in head


def test_a_name_that_leads_nowhere_is_told_apart(asked: list[str]) -> None:
    with pytest.raises(Unresolvable) as caught:
        download("https://nobody.example.com/", into=io.BytesIO(), most_bytes=9, seconds=2)
    assert not caught.value.is_final
    assert Forbidden.is_final


def test_a_resolver_that_does_not_answer_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    stuck = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: stuck.wait(30) and [])
    with pytest.raises(TooSlow):
        download("https://slow.example.com/", into=io.BytesIO(), most_bytes=9, seconds=0.2)
    stuck.set()
