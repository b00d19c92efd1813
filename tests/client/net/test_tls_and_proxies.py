"""What lies on the way to a tutor: TLS and proxies, over real sockets."""

from __future__ import annotations

import ssl
import subprocess
import urllib.request
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.chats import (
    after_the_end,
    chat_on,
    is_waiting_for_a_stranger,
    wait_for,
    wait_for_status,
)
from tests.support.children import until
from tests.support.servers.resolver import resolving
from tests.support.servers.scripted import Peer, Scripted, be_idle
from tests.support.servers.tcp import Tcp, answering_with, relay

TUTOR = "tutor.example.invalid"
Certify = Callable[[], tuple[Path, Path]]


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the machine's own environment says."""
    for name in ("http", "https", "ws", "wss", "socks", "all", "no"):
        monkeypatch.delenv(f"{name}_proxy", raising=False)
        monkeypatch.delenv(f"{name}_proxy".upper(), raising=False)
    assert urllib.request.getproxies() == {}


@pytest.fixture
def certify(tmp_path: Path) -> Certify:
    """Make certificates, each signed by nobody but itself: the paths of it and of its key."""
    made: list[Path] = []

    def make() -> tuple[Path, Path]:
        certificate, key = tmp_path / f"{len(made)}.crt", tmp_path / f"{len(made)}.key"
        made.append(certificate)
        subprocess.run(
            [
                *("openssl", "req", "-x509", "-nodes", "-days", "2", "-subj", "/CN=localhost"),
                *("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
                *("-addext", f"subjectAltName=DNS:localhost,DNS:{TUTOR}"),
                *("-keyout", key, "-out", certificate),
            ],
            check=True,
            capture_output=True,
        )
        return certificate, key

    return make


def tls(certificate: Path, key: Path) -> ssl.SSLContext:
    """What a server with this certificate needs."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    return context


# --- TLS ----------------------------------------------------------------------------------------


def test_a_certificate_that_does_not_verify_is_fatal_at_first(certify: Certify) -> None:
    """Before the first welcome, for nothing speaks for that server; the sentence names the cause.
    And the token is not sent to it."""
    with (
        Scripted(be_idle, tls=tls(*certify())) as server,
        chat_on(server.url, token="secret") as chat,
    ):
        found = wait_for_status(chat, "failed")
        assert "certificate" in found["reason"]
        assert found["advice"]
        assert server.handshakes == []


def test_a_certificate_that_no_longer_verifies_is_waited_out(
    certify: Certify, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a welcome it may be in renewal, or a portal is in between: every 45–60 s."""
    good, bad = certify(), certify()
    monkeypatch.setenv("SSL_CERT_FILE", str(good[0]))
    context = tls(*good)

    async def change(peer: Peer) -> None:
        await peer.welcome()
        context.load_cert_chain(*bad)
        await peer.socket.close(1012)

    with Scripted(change, tls=context) as server, chat_on(server.url) as chat:
        is_waiting_for_a_stranger(chat)
        assert "certificate" in chat.connection["reason"]
        assert len(server.handshakes) == 1


def test_a_secure_connection_that_is_reset_is_retried() -> None:
    """In the middle of the handshake: that proves nothing about the server."""

    async def reset(reader: StreamReader, writer: StreamWriter) -> None:
        await reader.read(1)

    with Tcp(reset) as server, chat_on(f"wss://localhost:{server.port}/") as chat:
        until(lambda: server.connections >= 2)
        found = after_the_end(chat)
        assert found["status"] == "connecting"


def test_a_server_without_tls_is_retried_and_said() -> None:
    """What answers speaks no TLS: a gateway that is being set up, or the wrong port."""

    async def say_something_else(reader: StreamReader, writer: StreamWriter) -> None:
        await reader.read(1 << 16)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await reader.read()

    with Tcp(say_something_else) as server, chat_on(f"wss://localhost:{server.port}/") as chat:
        found = after_the_end(chat)
        assert found["status"] == "connecting"
        assert "secure" in found["reason"]


# --- proxies ------------------------------------------------------------------------------------


class Proxy:
    """An HTTP proxy: to any CONNECT it leads to one port, or says no."""

    def __init__(self, port: int = 0, refusal: bytes = b"") -> None:
        self.asked: list[bytes] = []
        self._port = port
        self._refusal = refusal

    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        self.asked.append(await reader.readuntil(b"\r\n\r\n"))
        if self._refusal:
            writer.write(b"HTTP/1.1 " + self._refusal + b"\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
        else:
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await relay(reader, writer, self._port)


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY"])
def test_a_proxy_of_the_environment_is_used(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked for the tutor by name, which only it need know."""
    with Scripted(be_idle) as server, Tcp((proxy := Proxy(server.port)).serve) as listening:
        monkeypatch.setenv(name, f"http://127.0.0.1:{listening.port}")
        with chat_on(f"ws://{TUTOR}/") as chat:
            wait_for_status(chat, "connected")
        (asked,) = proxy.asked
        assert asked.startswith(f"CONNECT {TUTOR}:80 HTTP/1.1\r\n".encode())


def test_a_proxy_never_sees_the_token(certify: Certify, monkeypatch: pytest.MonkeyPatch) -> None:
    """TLS goes through it to the tutor, and only the tutor gets the token."""
    certificate, key = certify()
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with (
        Scripted(be_idle, tls=tls(certificate, key)) as server,
        Tcp((proxy := Proxy(server.port)).serve) as listening,
    ):
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{listening.port}")
        with chat_on(f"wss://{TUTOR}/", token="secret") as chat:
            wait_for_status(chat, "connected")
        (asked,) = proxy.asked
        assert asked.startswith(f"CONNECT {TUTOR}:443 HTTP/1.1\r\n".encode())
        assert b"secret" not in asked
        assert [r.headers["Authorization"] for r in server.handshakes] == ["Bearer secret"]


@pytest.mark.parametrize(
    "refusal", [b"407 Proxy Authentication Required", b"403 Forbidden", b"502 Bad Gateway", b"what"]
)
def test_a_proxy_that_refuses_is_said_and_retried(
    refusal: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says nothing about the tutor, and may think better of it."""
    with Tcp((proxy := Proxy(refusal=refusal)).serve) as listening:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{listening.port}")
        with chat_on(f"wss://{TUTOR}/", token="secret") as chat:
            found = wait_for(
                chat, "connection", lambda c: c.get("reason") and len(proxy.asked) >= 2
            )
            assert found["status"] == "connecting"
            assert "proxy" in found["reason"]
        assert b"secret" not in b"".join(proxy.asked)


def test_a_proxy_that_is_not_there_is_retried(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on the way out of the office with a laptop."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    with chat_on(f"wss://{TUTOR}/") as chat:
        assert after_the_end(chat)["status"] == "connecting"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_loopback_never_uses_a_proxy(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy knows the way to this machine."""
    with Scripted(be_idle) as server, Tcp((proxy := Proxy(refusal=b"403 No")).serve) as listening:
        for name in ("HTTP_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{listening.port}")
        with chat_on(f"ws://{host}:{server.port}/") as chat:
            wait_for_status(chat, "connected")
        assert proxy.asked == []


# --- variables that name no proxy that can be used ------------------------------------------------


@pytest.mark.parametrize(
    ("variable", "value", "code"),
    [
        ("https_proxy", "socks5://127.0.0.1:1080", "proxy_needs_socks"),
        ("HTTPS_PROXY", "socks5h://learner:hunter2@127.0.0.1:1080", "proxy_needs_socks"),
        ("ALL_PROXY", "socks5://127.0.0.1:1080", "proxy_needs_socks"),
        ("socks_proxy", "http://127.0.0.1:1080", "proxy_needs_socks"),
        ("http_proxy", "127.0.0.1:7890", "proxy_without_scheme"),
        ("http_proxy", "localhost:7890", "proxy_without_scheme"),
        ("all_proxy", "learner:hunter2@proxy.example:7890", "proxy_without_scheme"),
        ("ALL_PROXY", "proxy.example", "proxy_without_scheme"),
        ("https_proxy", "ftp://127.0.0.1:21", "proxy_scheme"),
        ("ws_proxy", "socks://127.0.0.1:1080", "proxy_scheme"),
        ("http_proxy", "http://", "proxy_malformed"),
        ("http_proxy", "http://127.0.0.1:hunter2", "proxy_malformed"),
        ("http_proxy", "http://127.0.0.1:78900", "proxy_malformed"),
        ("http_proxy", "http://hunter2@127.0.0.1:7890", "proxy_malformed"),
        ("http_proxy", "http://127.0.0.1:7890/proxy.pac", "proxy_malformed"),
        ("http_proxy", "http://127.0.0.1:7890?hunter2", "proxy_malformed"),
        ("http_proxy", "http://[::1", "proxy_malformed"),
        ("http_proxy", "http://exa..mple:7890", "proxy_malformed"),
    ],
)
def test_a_variable_that_names_no_usable_proxy_is_named(
    variable: str, value: str, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what is wrong with its value, which is not shown: it may hold a password. Once it is
    right, the learner's click is enough."""
    monkeypatch.setenv(variable, value)
    with chat_on(f"ws://{TUTOR}/") as chat:
        found = wait_for_status(chat, "failed")
        assert (found["code"], found["args"]) == (code, {"variable": variable})
        assert variable in found["reason"]
        assert found["advice"]
        assert "hunter2" not in str(found)
        with Scripted(be_idle) as server, Tcp(Proxy(server.port).serve) as listening:
            monkeypatch.setenv(variable, f"http://127.0.0.1:{listening.port}")
            if "socks" in variable:
                monkeypatch.delenv(variable)
                monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{listening.port}")
            chat.reconnect()
            wait_for_status(chat, "connected")


@pytest.mark.parametrize("name", ["all_proxy", "ALL_PROXY"])
def test_a_proxy_for_everything_is_used(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As other programs do; a variable for the address's own scheme goes first."""
    with (
        Scripted(be_idle) as server,
        Tcp((proxy := Proxy(server.port)).serve) as listening,
        Tcp((other := Proxy(server.port)).serve) as more,
    ):
        monkeypatch.setenv(name, f"http://127.0.0.1:{listening.port}")
        with chat_on(f"ws://{TUTOR}/") as chat:
            wait_for_status(chat, "connected")
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{more.port}")
        with chat_on(f"ws://{TUTOR}/") as chat:
            wait_for_status(chat, "connected")
    assert (len(proxy.asked), len(other.asked)) == (1, 1)


def test_no_proxy_leads_past_a_faulty_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not used need not be right."""
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:1080")
    monkeypatch.setenv("no_proxy", TUTOR)
    with Scripted(be_idle) as server:
        resolving(monkeypatch, {TUTOR: ["127.0.0.1"]})
        with chat_on(f"ws://{TUTOR}:{server.port}/") as chat:
            wait_for_status(chat, "connected")


@pytest.mark.parametrize("value", ["http://127.0.0.1:1", "http://proxy.invalid:3128"])
def test_a_proxy_that_cannot_be_reached_is_named(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And not taken for the tutor, whose address is right."""
    monkeypatch.setenv("HTTPS_PROXY", value)
    with chat_on(f"wss://{TUTOR}/") as chat:
        found = after_the_end(chat)
    assert (found["code"], found["status"]) == ("proxy_unreachable", "connecting")
    assert found["args"] == {"variable": "HTTPS_PROXY", "proxy": value.removeprefix("http://")}
    assert found["advice"]


def test_a_port_without_tls_behind_a_proxy_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """As one that is reached directly, and not as a fault of the proxy."""
    with (
        Tcp(answering_with(b"HTTP/1.1 400 Bad\r\n\r\n")) as server,
        Tcp(Proxy(server.port).serve) as listening,
    ):
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{listening.port}")
        with chat_on(f"wss://{TUTOR}/") as chat:
            assert after_the_end(chat)["code"] == "no_tls"
