"""The answers to HTTP requests: paths, credentials, origins, faulty requests, server faults."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from email.message import Message
from email.parser import Parser
from pathlib import Path
from typing import Any

import pytest
from websockets.datastructures import Headers
from websockets.server import ServerProtocol

from tests.support.servers.http_requests import UPGRADE, get
from tests.support.servers.peers import PATIENCE, peer, serving, until
from tutor_widget.server import Account, Denied, Server, TokenAuthenticator
from tutor_widget.server.logs import JsonLines
from tutor_widget.server.net.address import networks
from tutor_widget.server.net.request import trace_of

pytestmark = pytest.mark.timeout(150)

SECRET = "a-secret-of-the-request"
HUB = "https://hub.example.edu"


@pytest.mark.parametrize(
    ("path", "change", "status"),
    [
        ("/tutor/", {}, 101),
        ("/tutor", {}, 101),
        ("/tutor/", {"Origin": "https://hub.example.edu"}, 101),
        ("/tutor/", {"Origin": "https://evil.example"}, 403),
        ("/tutor/", {"Origin": "null"}, 403),
        ("/tutor/", {"Authorization": "Bearer wrong"}, 401),
        ("/tutor/", {"Authorization": "Basic secret"}, 401),
        ("/tutor/", {"Authorization": ""}, 401),
        ("/tutor/", {"Sec-WebSocket-Protocol": "other.v1"}, 400),
        ("/tutor/", {"Sec-WebSocket-Protocol": ""}, 400),
        ("/tutor/", {"Upgrade": ""}, 426),
        ("/", {}, 404),
        ("/tutor/else", {}, 404),
        ("/tutor/?token=secret", {"Authorization": ""}, 401),
    ],
)
async def test_each_fault_of_a_handshake_has_its_status(
    tmp_path: Path, path: str, change: dict[str, str], status: int
) -> None:
    """The status is that of protocol.md §7, and 401 names the scheme."""
    given = {**UPGRADE, "Authorization": "Bearer secret", **change}
    headers = {name: value for name, value in given.items() if value}
    async with serving(
        tmp_path / "db",
        base_url="/tutor/",
        origins=("https://hub.example.edu",),
        authenticator=TokenAuthenticator({"": "secret"}),
    ) as server:
        got, answer, body = await get(server, path, headers)
        assert got == status
        assert "secret" not in body
        if got == 101:
            assert answer["Sec-WebSocket-Protocol"] == "tutor.v1"
        if got == 401:
            assert answer["WWW-Authenticate"] == "Bearer"


# --- what is faulty, and whose fault it is --------------------------------------------------------


async def ask(server: Server, request: bytes) -> tuple[int, Message, str]:
    """Returns status, headers and body of the answer to a request of exactly these bytes."""
    async with asyncio.timeout(PATIENCE):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(request)
        status = int((await reader.readline()).split()[1])
        head = await reader.readuntil(b"\r\n\r\n")
        body = b"" if status == 101 else await reader.read()
        writer.transport.abort()
        return status, Parser().parsestr(head.decode()), body.decode()


def upgrade(target: str = "/", more: str = "", **changes: str) -> bytes:
    """Returns a handshake with this target, these headers changed and these lines added."""
    given = {**UPGRADE, "Authorization": f"Bearer {SECRET}"}
    given |= {name.replace("_", "-"): value for name, value in changes.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in given.items() if value)
    return f"GET {target} HTTP/1.1\r\nHost: localhost\r\n{lines}{more}\r\n".encode("latin-1")


@contextlib.contextmanager
def log_lines(caplog: pytest.LogCaptureFixture) -> Iterator[list[dict[str, Any]]]:
    """Collects what the server logs at level DEBUG, as the JSON lines that go out."""
    lines: list[dict[str, Any]] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(json.loads(JsonLines().format(record)))

    logger, keep = logging.getLogger("tutor_widget.server"), Keep()
    logger.addHandler(keep)
    try:
        with caplog.at_level(logging.DEBUG, "tutor_widget.server"):
            yield lines
    finally:
        logger.removeHandler(keep)


FAULTY = {
    "two Authorization": (400, upgrade(more="Authorization: Bearer other\r\n")),
    "two Origin": (400, upgrade(more="Origin: http://a\r\nOrigin: http://b\r\n")),
    "two Upgrade": (400, upgrade(more="Upgrade: websocket\r\n")),
    "two Host": (400, upgrade(more="Host: y\r\n")),
    "two keys": (400, upgrade(more="Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")),
    "two versions": (400, upgrade(more="Sec-WebSocket-Version: 13\r\n")),
    "a key that is none": (400, upgrade(Sec_WebSocket_Key=SECRET)),
    "a version that is none": (400, upgrade(Sec_WebSocket_Version=SECRET)),
    "no subprotocol": (400, upgrade(Sec_WebSocket_Protocol="")),
    "another subprotocol": (400, upgrade(Sec_WebSocket_Protocol="tutor.v2")),
    "no list of subprotocols": (400, upgrade(Sec_WebSocket_Protocol="tutor.v1;=")),
    "no ASCII in a subprotocol": (400, upgrade(Sec_WebSocket_Protocol="t\xfctor")),
    "no list of connection options": (400, upgrade(Connection="Upgrade;=")),
    "target //[": (400, upgrade("//[")),
    "target *": (400, upgrade("*")),
    "target of a CONNECT": (400, upgrade("x:80")),
    "target without host": (400, upgrade("http:///")),
    "target http://[": (400, upgrade("http://[/")),
    "target of another scheme": (400, upgrade("ftp://x/")),
    "target with NUL": (400, upgrade("/\0")),
    "target with half an escape": (400, upgrade("/%4")),
    "target with a fragment": (400, upgrade("/#" + SECRET)),
    "target beyond ASCII": (400, upgrade("/\xfc")),
    "no target": (400, upgrade("")),
    "no HTTP": (400, b"hello\r\n\r\n"),
    "HTTP/2": (400, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    "a header without a colon": (400, upgrade(more=f"{SECRET}\r\n")),
    "a body": (400, upgrade(more="Content-Length: 5\r\n")),
    "a coded body": (400, upgrade(more="Transfer-Encoding: chunked\r\n")),
    "another method": (405, upgrade().replace(b"GET", b"PUT", 1)),
    "HTTP/1.0": (505, upgrade().replace(b"HTTP/1.1", b"HTTP/1.0", 1)),
    "no upgrade": (426, upgrade(Upgrade="")),
    "a target of 9 KiB": (414, upgrade("/" + "x" * 9000)),
    "a header of 9 KiB": (431, upgrade(more=f"X: {'x' * 9000}\r\n")),
    "200 headers": (431, upgrade(more="X: x\r\n" * 200)),
    "33 headers": (431, upgrade(more="X: x\r\n" * 26)),
    "headers of 9 KiB": (431, upgrade(more=f"X: {'x' * 4600}\r\n" * 2)),
    "a part of a request, of 17 KiB": (
        431,
        upgrade(more=f"X: {'x' * 8000}\r\n" * 2)[:-2] + b"Y: " + b"y" * 999,
    ),
}


@pytest.mark.parametrize("kind", FAULTY)
async def test_a_faulty_request_is_refused_logged_and_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    """The status is that of the fault, never 500; log and answer repeat nothing of the request."""
    status, request = FAULTY[kind]
    authenticator = TokenAuthenticator({"": SECRET})
    async with serving(tmp_path / "db", authenticator=authenticator) as server:
        with log_lines(caplog) as lines:
            got, _, body = await ask(server, request)
        assert got == status
        (line,) = [line for line in lines if line["event"] == "handshake refused"]
        assert (line["status"], line["level"]) == (status, "warning")
        assert line["fault"]
        assert SECRET not in f"{lines} {body}"
        assert f'tutor_rejected_total{{status="{status}"}} 1.0\n' in server.metrics.render()
        assert (await ask(server, upgrade()))[0] == 101


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/?a[]=1&b={}", 101),
        ("http://anything/", 101),
        ("HTTP://[::1]:80/?x", 101),
        ("http://anything", 101),
        ("http://anything/else", 404),
        ("//x/", 404),
        ("/%2e/", 404),
    ],
)
async def test_a_target_that_may_be_is_read(tmp_path: Path, target: str, status: int) -> None:
    """Both forms of RFC 9112 are read; two slashes at the beginning name no host."""
    async with serving(tmp_path / "db") as server:
        assert (await ask(server, upgrade(target)))[0] == status


async def test_a_peer_that_goes_without_a_request_is_no_fault(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A TCP health check leaves no line in the log."""
    async with serving(tmp_path / "db") as server:
        with log_lines(caplog) as lines:
            for said in (b"", b"GET / HT"):
                reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
                writer.write(said)
                writer.write_eof()
                async with asyncio.timeout(PATIENCE):
                    assert await reader.read() == b""
                writer.close()
        assert lines == []
        assert "tutor_rejected_total{" not in server.metrics.render()


class Broken:
    """A part of the server that raises an exception with the request's secret in its text."""

    has_accounts = False

    def __call__(self, *_: object) -> Any:
        raise ValueError(SECRET) from KeyError(SECRET)

    async def authenticate(self, _headers: Mapping[str, str]) -> Account | Denied:
        return self()  # type: ignore[no-any-return]

    render = __le__ = __call__


@pytest.mark.parametrize("part", ["authenticator", "readiness", "metrics", "library"])
async def test_a_fault_of_the_server_is_503(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    """Retry-After makes clients try again; the log has type and place, not the exception's text."""
    authenticator = Broken() if part == "authenticator" else None
    async with serving(tmp_path / "db", authenticator=authenticator) as server:
        with monkeypatch.context() as patch, log_lines(caplog) as lines:
            if part == "readiness":
                broken: Any = Broken()
                patch.setattr(server, "settings", replace(server.settings, stalled=broken))
            if part == "metrics":
                patch.setattr(server.metrics, "render", Broken())
            if part == "library":
                patch.setattr(ServerProtocol, "process_subprotocol", Broken())
            request = upgrade("/metrics" if part == "metrics" else "/")
            status, headers, body = await ask(server, request)
        assert (status, headers["Retry-After"]) == (503, "2")
        (line,) = [line for line in lines if line["event"] == "handshake failed"]
        assert (line["error"], line["status"]) == ("ValueError", 503)
        assert line["at"].startswith(f"{Path(__file__).name}:")
        # The search for messages that wait asks the store, too, and level DEBUG quotes its faults.
        others = [line for line in lines if line["event"] != "store failed"]
        assert SECRET not in f"{others} {body}"
        assert 'tutor_rejected_total{status="503"} 1.0\n' in server.metrics.render()


@pytest.mark.parametrize(
    ("origins", "origin", "status"),
    [
        ((HUB,), HUB, 101),
        ((HUB,), f"{HUB}.evil.example", 403),
        ((HUB,), f"{HUB}:8443", 403),
        ((HUB,), "https://hub.example", 403),
        ((HUB,), f"https://evil.example/{HUB}", 403),
        ((HUB,), HUB.upper(), 403),
        (("*",), "https://anywhere.example", 101),
        ((), HUB, 403),
    ],
)
async def test_an_origin_is_allowed_as_a_whole(
    tmp_path: Path, origins: tuple[str, ...], origin: str, status: int
) -> None:
    """A longer or shorter origin is another site; only ``*`` allows every page."""
    async with serving(tmp_path / "db", origins=origins) as server:
        assert (await get(server, "/", UPGRADE | {"Origin": origin}))[0] == status


@pytest.mark.parametrize("page", ["/", "/healthz", "/metrics"])
@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("127.0.0.1:8080", True),
        ("127.9.9.9", True),
        ("localhost", True),
        ("LocalHost.:8080", True),
        ("[::1]:8080", True),
        ("evil.example", False),
        ("evil.example:8080", False),
        ("127.0.0.1.evil.example", False),
        ("localhost.evil.example", False),
        ("evillocalhost", False),
        ("localhost@evil.example", False),
        ("10.0.0.1", False),
        ("[::ffff:10.0.0.1]", False),
        ("0.0.0.0", False),
        ("", False),
        ("hub.example.edu", False),
    ],
)
async def test_a_server_on_loopback_answers_to_no_other_name(
    tmp_path: Path, page: str, host: str, allowed: bool
) -> None:
    """A page of a name that was made to point here (DNS rebinding) learns and changes nothing."""
    async with serving(tmp_path / "db") as server:
        status, _, body = await get(server, page, UPGRADE | {"Host": host})
        assert status == (403 if not allowed else 101 if page == "/" else 200)
        assert ("--trusted-proxies" in body) is not allowed


@pytest.mark.parametrize(
    ("allowed", "host", "status"),
    [
        ({"trusted_proxies": networks(["127.0.0.0/8"])}, "hub.example.edu", 101),
        ({"trusted_proxies": networks(["10.0.0.0/8"])}, "hub.example.edu", 403),
        ({"origins": ("https://hub.example.edu",)}, "hub.example.edu", 101),
        ({"origins": ("https://hub.example.edu",)}, "other.example.edu", 403),
        ({"origins": ("*",)}, "other.example.edu", 101),
    ],
)
async def test_a_proxy_or_a_page_that_is_named_brings_its_own_name(
    tmp_path: Path, allowed: dict[str, Any], host: str, status: int
) -> None:
    """Behind a trusted proxy, and where the pages of a host may connect."""
    async with serving(tmp_path / "db", **allowed) as server:
        assert (await get(server, "/", UPGRADE | {"Host": host}))[0] == status


async def test_a_server_that_others_reach_answers_to_every_name(tmp_path: Path) -> None:
    """Its names are the network's affair."""
    async with serving(tmp_path / "db", host="0.0.0.0", insecure_no_auth=True) as server:
        assert (await get(server, "/", UPGRADE | {"Host": "hub.example.edu"}))[0] == 101


async def test_strangers_read_no_metrics(tmp_path: Path) -> None:
    """A server that others reach has the page on a port of its own only."""
    async with serving(tmp_path / "db", host="0.0.0.0", insecure_no_auth=True) as server:
        assert (await get(server, "/metrics"))[0] == 404
        assert (await get(server, "/healthz"))[0] == 200


@pytest.mark.parametrize(
    "added", [{"X-Forwarded-For": "203.0.113.7"}, {"Host": "hub.example.edu"}, {"Via": "1.1 edge"}]
)
async def test_no_proxy_shows_the_metrics_of_a_server_on_loopback(
    tmp_path: Path, added: dict[str, str]
) -> None:
    """Such as a hub's: all below the base URL is passed on, for the world to read."""
    settings: dict[str, Any] = {"base_url": "/services/tutor/"}
    settings["trusted_proxies"] = networks(["127.0.0.1"])
    async with serving(tmp_path / "db", **settings) as server:
        for base in ("/", "/services/tutor/"):
            assert (await get(server, f"{base}metrics"))[0] == 200
            assert (await get(server, f"{base}metrics", added))[0] == 404
            assert (await get(server, f"{base}readyz", added))[0] == 200


@pytest.mark.parametrize(
    "change",
    [
        {"Upgrade": "WebSocket"},
        {"Sec-WebSocket-Protocol": "other.v1, tutor.v1"},
        {"Sec-WebSocket-Protocol": "other.v1\r\nSec-WebSocket-Protocol: tutor.v1"},
        {"Authorization": "bearer secret"},
        {"Authorization": "Bearer  secret "},
    ],
    ids=["upgrade", "two in a header", "two headers", "scheme", "spaces"],
)
async def test_what_http_allows_is_understood(tmp_path: Path, change: dict[str, str]) -> None:
    """Names ignore case, lists may be in one header or several, spaces may surround a token."""
    given = UPGRADE | {"Authorization": "Bearer secret"} | change
    authenticator = TokenAuthenticator({"": "secret"})
    async with serving(tmp_path / "db", authenticator=authenticator) as server:
        assert (await get(server, "/", given))[0] == 101


async def test_no_spelling_of_a_header_leads_past_the_door(tmp_path: Path) -> None:
    """What asks for a WebSocket in other letters needs a token, an origin and the protocol too."""
    keeper = TokenAuthenticator({"": "secret"})
    async with serving(tmp_path / "db", authenticator=keeper) as server:
        for upgrade in ("websocket", "WebSocket", "WEBSOCKET"):
            given = UPGRADE | {"Upgrade": upgrade}
            assert (await get(server, "/", given))[0] == 401
            given |= {"Authorization": "Bearer secret"}
            assert (await get(server, "/", given | {"Origin": HUB}))[0] == 403
            assert (await get(server, "/", given))[0] == 101


async def test_a_refused_handshake_is_counted(tmp_path: Path) -> None:
    """An operator sees by the status that credentials or origins are wrong."""
    async with serving(tmp_path / "db", authenticator=TokenAuthenticator({"": "secret"})) as server:
        await get(server, "/", UPGRADE)
        await get(server, "/", UPGRADE)
        assert 'tutor_rejected_total{status="401"} 2' in server.metrics.render()


# --- which connection a line of the log is about --------------------------------------------------


TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"


@pytest.mark.parametrize(
    ("values", "trace"),
    [
        ([f"00-{TRACE}-{PARENT}-01"], TRACE),
        ([f"cc-{TRACE}-{PARENT}-01"], TRACE),
        ([f"cc-{TRACE}-{PARENT}-01-what-will-be"], TRACE),
        ([f"00-{TRACE}-{PARENT}-01-more"], None),
        ([f"00-{TRACE}-{PARENT}-01-"], None),
        ([f"ff-{TRACE}-{PARENT}-01"], None),
        ([f"00-{'0' * 32}-{PARENT}-01"], None),
        ([f"00-{TRACE}-{'0' * 16}-01"], None),
        ([f"00-{TRACE.upper()}-{PARENT}-01"], None),
        ([f"00-{TRACE}0-{PARENT}-01"], None),
        ([f"0-{TRACE}-{PARENT}-01"], None),
        ([f"00-{TRACE}-{PARENT}"], None),
        ([f"00-{TRACE}-{PARENT}-01, 00-{TRACE}-{PARENT}-01"], None),
        ([f"00-{TRACE}-{PARENT}-01"] * 2, None),
        ([SECRET], None),
        ([""], None),
        ([], None),
    ],
)
def test_a_trace_is_taken_only_if_it_is_well_formed(values: list[str], trace: str | None) -> None:
    """By W3C Trace Context. Anything else is as none."""
    headers = Headers([("Traceparent", value) for value in values])
    assert trace_of(headers) == trace


@pytest.mark.parametrize(("sent", "trace"), [(f"00-{TRACE}-{PARENT}-01", TRACE), (SECRET, None)])
async def test_a_line_names_its_connection_and_its_trace(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, sent: str, trace: str | None
) -> None:
    """Also that of a refused handshake. What is no trace appears nowhere."""
    headers = {"Traceparent": sent}
    with log_lines(caplog) as lines:
        async with serving(tmp_path / "db") as server:
            async with peer(server.url, headers=headers) as client:
                await client.hello()
            await get(server, "/", {**UPGRADE, **headers, "Sec-WebSocket-Version": SECRET})
            await until(lambda: any(line["event"] == "connection closed" for line in lines))
    events = ("connection welcomed", "connection closed", "handshake refused")
    welcomed, closed, refused = (
        next(line for line in lines if line["event"] == event) for event in events
    )
    assert [line.get("trace") for line in (welcomed, closed, refused)] == [trace] * 3
    assert welcomed["connection"] == closed["connection"] != refused["connection"]
    assert all(
        re.fullmatch("[0-9a-f]{8}", line["connection"]) for line in (welcomed, closed, refused)
    )
    assert SECRET not in str(lines)
