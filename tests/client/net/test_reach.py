"""How a tutor is reached: names with several addresses, ports that speak something else."""

from __future__ import annotations

import asyncio
from asyncio import StreamReader, StreamWriter

import pytest

from tests.support.chats import after_the_end, chat_on, wait_for_status
from tests.support.servers.resolver import resolving, swallowing
from tests.support.servers.scripted import Scripted, be_idle
from tests.support.servers.tcp import Tcp, answering_with, join
from tutor_widget.client.net.reach import host_to_dial

TUTOR = "tutor.example"


def test_an_address_that_swallows_everything_holds_nobody_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The next address of the name is tried beside it (RFC 8305), long before the dial ends."""
    with Scripted(be_idle) as server, swallowing(server.port) as dead:
        resolving(monkeypatch, {TUTOR: [dead, "127.0.0.1"]})
        with chat_on(f"ws://{TUTOR}:{server.port}/") as chat:
            found = wait_for_status(chat, "connected")
            assert found["attempt"] in (0, 1)
        assert len(server.handshakes) == 1


def test_a_name_below_localhost_is_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is trusted with tokens as this machine is. So a resolver that does not know it, and leads
    elsewhere, is not asked."""
    with Scripted(be_idle) as here, Tcp(answering_with(b"")) as elsewhere:
        resolving(monkeypatch, {"x.localhost": ["127.0.0.2"], "localhost": ["127.0.0.1"]})
        with chat_on(f"ws://x.localhost:{here.port}/", token="secret") as chat:
            wait_for_status(chat, "connected")
        assert [r.headers["Host"] for r in here.handshakes] == [f"x.localhost:{here.port}"]
        assert elsewhere.connections == 0


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("ws://x.localhost/", {"host": "localhost"}),
        ("ws://X.LocalHost:80/", {"host": "localhost"}),
        ("ws://localhost/", {}),
        ("ws://127.0.0.1/", {}),
        ("ws://x.localhost.example.edu/", {}),
    ],
)
def test_which_host_is_dialled(url: str, host: dict[str, str]) -> None:
    """That of the address, but for names that stand for this machine."""
    assert host_to_dial(url) == host


PLAIN = [
    b"HTTP/1.1 400 Bad Request\r\n\r\n",
    b"HTTP/1.0 400 Bad Request\r\n\r\n<html>",
    b"SSH-2.0-OpenSSH_9\r\n",
    b"220 mail.example.org ESMTP\r\n",
    b"GET / HTTP/1.1\r\n\r\n",
]


@pytest.mark.parametrize("data", PLAIN)
def test_a_server_that_answers_in_plain_speaks_no_tls(data: bytes) -> None:
    """Whatever it says: the learner is told what to change, and it is tried again."""
    with Tcp(answering_with(data)) as server, chat_on(f"wss://localhost:{server.port}/") as chat:
        found = after_the_end(chat)
    assert (found["code"], found["status"]) == ("no_tls", "connecting")
    assert "speaks no TLS" in found["reason"]
    assert "another port" in found["advice"]


def test_a_tutor_without_tls_is_asked_what_it_speaks() -> None:
    """It hangs up at a greeting in TLS; asked in plain, it answers. The question has no token."""
    with (
        Scripted(be_idle) as server,
        chat_on(f"wss://127.0.0.1:{server.port}/", token="secret") as chat,
    ):
        assert after_the_end(chat)["code"] == "no_tls"
        assert all("Authorization" not in r.headers for r in server.handshakes)


def test_a_server_that_speaks_neither_is_lost() -> None:
    """That it hangs up proves nothing."""
    with Tcp(answering_with(b"")) as server, chat_on(f"wss://localhost:{server.port}/") as chat:
        found = after_the_end(chat)
    assert (found["code"], found["status"]) == ("connection_lost", "connecting") or (
        found["code"] == "unreachable"
    )


async def _close(_reader: StreamReader, writer: StreamWriter) -> None:
    writer.write(b"\x15\x03\x01\x00\x02\x02\x46")
    await writer.drain()


def test_a_server_that_answers_in_tls_expects_it() -> None:
    """As a port for wss:// does to ws://: the learner is told which to write."""
    with Tcp(_close) as server, chat_on(f"ws://127.0.0.1:{server.port}/") as chat:
        found = after_the_end(chat)
    assert (found["code"], found["status"]) == ("tls_expected", "connecting")
    assert "wss://" in found["advice"]


# --- answers of odd shapes ------------------------------------------------------------------------

BODY = b"x" * 3_000_000
LONG = b"X-Policy: " + b"x" * 20_000 + b"\r\n"
EARLY = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.0 503 Service Unavailable\r\nRetry-After: 90\r\n\r\n",
        b"HTTP/1.1 503\r\nRetry-After: 90\r\n\r\n",
        b"HTTP/1.1 503 Busy\r\nRetry-After: 90\r\nTransfer-Encoding: Chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 503 Busy\r\nRetry-After: 90\r\nContent-Length: 3000000\r\n\r\n" + BODY,
        b"HTTP/1.1 503 Busy\r\nRetry-After: 90\r\n\r\n" + BODY,
        b"HTTP/1.1 503 Busy\r\n" + LONG + b"Retry-After: 90\r\n\r\n",
        EARLY + b"HTTP/1.1 503 Busy\r\nRetry-After: 90\r\n\r\n",
        b"HTTP/1.1 503 Busy\r\nRetry-After: 90\r\nX: cut off",
    ],
    ids=["1.0", "no phrase", "Chunked", "long body", "endless", "long header", "103", "cut off"],
)
def test_an_odd_answer_says_what_its_status_says(data: bytes) -> None:
    """A gateway that is not ready is no stranger, however it puts it."""
    with Tcp(answering_with(data)) as server, chat_on(f"ws://127.0.0.1:{server.port}/") as chat:
        found = after_the_end(chat)
    assert (found["code"], found["args"]) == ("not_ready", {"status": 503})
    assert found["status"] == "connecting"
    assert found["retry_at"] - found["now"] > 60_000


def test_hints_before_a_handshake_are_passed_over() -> None:
    """And a header of 20 kB in it: the connection opens."""
    with Scripted(be_idle) as server:

        async def chatty(reader: StreamReader, writer: StreamWriter) -> None:
            there, back = await asyncio.open_connection("127.0.0.1", server.port)
            back.write(await reader.readuntil(b"\r\n\r\n"))
            head = await there.readuntil(b"\r\n\r\n")
            writer.write(EARLY + head[:-2] + LONG + b"\r\n")
            await join(reader, writer, there, back)

        with Tcp(chatty) as gateway, chat_on(f"ws://127.0.0.1:{gateway.port}/") as chat:
            wait_for_status(chat, "connected")


@pytest.mark.parametrize(
    ("location", "named"),
    [
        ("https://tutor.example.edu/chat/", "https://tutor.example.edu/chat/"),
        ("https://tutor.example.edu:8443/a%20b", "https://tutor.example.edu:8443/a%20b"),
        ("/hub/login?next=%2Fsecret", "ws://127.0.0.1:{port}/hub/login"),
        ("https://learner:hunter2@tutor.example.edu/?t=hunter2#x", "https://tutor.example.edu/"),
        ("//other.example/x", "ws://other.example/x"),
        ("https://tutör.example/ü", "https://xn--tutr-7qa.example/%C3%BC"),
        ("https://e.example/" + "x" * 5_000, "https://e.example/" + "x" * 182),
    ],
)
def test_a_redirect_that_is_not_followed_is_named(location: str, named: str) -> None:
    """So that the learner can use it; without what in it may be a secret, or mislead."""
    head = f"HTTP/1.1 301 Moved\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n"
    with (
        Tcp(answering_with(head.encode("utf-8"))) as server,
        chat_on(f"ws://127.0.0.1:{server.port}/") as chat,
    ):
        found = wait_for_status(chat, "failed")
        named = named.format(port=server.port)
    assert found["code"] == "redirected_to"
    assert found["args"] == {"status": 301, "location": named}
    assert named in found["reason"]
    assert "hunter2" not in str(found)


@pytest.mark.parametrize(
    "location", ["", "http://[", "javascript:alert(1)", "http://a b/", "data:x"]
)
def test_a_redirect_to_no_address_names_none(location: str) -> None:
    """What is no address of the web is shown to nobody."""
    head = f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n"
    with (
        Tcp(answering_with(head.encode())) as server,
        chat_on(f"ws://127.0.0.1:{server.port}/") as chat,
    ):
        found = wait_for_status(chat, "failed")
    assert (found["code"], found["args"]) == ("redirected", {"status": 302})
