"""How connections end, over real sockets: each row of the protocol's table, as a learner meets it.

That the table itself is right, on a clock that a test can turn, is shown in `test_endings`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from email.utils import formatdate
from itertools import count
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request, Response

from tests.support.chats import (
    after_the_end,
    chat_on,
    is_asked,
    is_waiting_for_a_stranger,
    wait_for,
    wait_for_status,
    wait_in,
)
from tests.support.children import until
from tests.support.servers.scripted import Peer, Refuse, Scripted, answer, be_idle, close_with, once
from tests.support.servers.tcp import Tcp
from tutor_widget.client.loop import call_on_loop
from tutor_widget.wire import Bye

rows = pytest.mark.parametrize
BUSY = (408, 425, 429, 500, 502, 503, 504)
RETRIED = (1000, 1001, 1011, 1012, 1013, 1014, 4408)
FATAL = (4403, 4404, 4409, 4410)
MISDIRECTED = (1002, 1003, 1007, 1008, 1010, 3000, 4000)
STRANGE = (200, 304, 403, 426)
FIRST_WAIT = 0.5
LONGEST_WAIT = 15.0
"""Of a backoff before the first welcome."""


def first(behaviour: Callable[[Peer], Any]) -> Callable[[Peer], Any]:
    """Only the first connection is treated so; the others are idle."""
    numbers = count()

    async def serve(peer: Peer) -> None:
        await (behaviour if next(numbers) == 0 else be_idle)(peer)

    return serve


# --- retried ------------------------------------------------------------------------------------


@rows("status", BUSY)
def test_a_busy_server_is_tried_again(status: int) -> None:
    """Its answer to the handshake says so, and the next one lets us in."""
    with Scripted(be_idle, refuse=once(answer(status))) as server, chat_on(server.url) as chat:
        wait_for_status(chat, "connected")
        assert len(server.handshakes) == 2


@rows("status", [408, 429, 503])
def test_retry_after_in_seconds_is_kept(status: int) -> None:
    """No sooner than asked, plus the wait that was due; the button changes nothing."""
    refuse = answer(status, Retry_After="120")
    with Scripted(be_idle, refuse=refuse) as server, chat_on(server.url) as chat:
        found = after_the_end(chat)
        assert found["status"] == "connecting"
        assert is_asked(found, 120, 120 + FIRST_WAIT)
        chat.reconnect()
        call_on_loop(lambda: None)  # what was posted before is done
        assert len(server.handshakes) == 1
        assert is_asked(chat.connection | {"now": found["now"]}, 120, 120 + FIRST_WAIT)


@rows(
    ("after", "headers"),
    [
        (90, {"Retry_After": formatdate(1_000_000_090, usegmt=True), "Date": formatdate(10**9)}),
        (90, {"Retry_After": "Sunday, 09-Sep-01 01:48:10 GMT", "Date": formatdate(10**9)}),
        (90, {"Retry_After": "Sun Sep  9 01:48:10 2001", "Date": formatdate(10**9)}),
        (600, {"Retry_After": "86400"}),
        (600, {"Retry_After": formatdate(4 * 10**9, usegmt=True)}),
    ],
)
def test_retry_after_is_understood(after: float, headers: dict[str, str]) -> None:
    """A date, in any of its forms, counts from the answer's own; ten minutes is the most."""
    with Scripted(be_idle, refuse=answer(503, **headers)) as server, chat_on(server.url) as chat:
        assert is_asked(after_the_end(chat), after, after + FIRST_WAIT)


@rows("value", ["soon", "-5", "", "²", formatdate(0), "Mon, 99 Foo 2001 99:99:99 GMT"])
def test_a_retry_after_that_says_nothing_delays_nothing(value: str) -> None:
    """Words, the past, or an impossible date: the backoff alone decides."""
    refuse = answer(503, Retry_After=value)
    with Scripted(be_idle, refuse=refuse) as server, chat_on(server.url) as chat:
        assert wait_in(after_the_end(chat)) <= LONGEST_WAIT


def test_retry_after_without_a_usable_date_counts_from_our_clock() -> None:
    """A server that does not know what day it is may still know when to come back."""
    then = time.time() + 200
    refuse = answer(503, Retry_After=formatdate(then, usegmt=True), Date="yesterday")
    with Scripted(be_idle, refuse=refuse) as server, chat_on(server.url) as chat:
        found = after_the_end(chat)
        assert then - 1 <= found["retry_at"] / 1000 <= then + FIRST_WAIT + 1


@rows("code", RETRIED)
def test_closes_that_are_retried(code: int) -> None:
    """The server said goodbye in a way that promises nothing bad."""
    with Scripted(first(close_with(code))) as server, chat_on(server.url) as chat:
        wait_for(
            chat, "connection", lambda c: len(server.handshakes) == 2 and c["status"] == "connected"
        )


def test_a_crowded_conversation_waits_half_a_minute() -> None:
    """4429 is not a fault of the network: 30 s, whatever anybody presses."""
    with Scripted(close_with(4429, welcome=False)) as server, chat_on(server.url) as chat:
        found = after_the_end(chat)
        assert is_asked(found, 30, 30 + FIRST_WAIT)
        chat.reconnect()
        call_on_loop(lambda: None)
        assert len(server.handshakes) == 1


def test_a_bye_says_when_to_come_back() -> None:
    """After its time, spread as it says."""

    async def bye(peer: Peer) -> None:
        await peer.welcome()
        await peer.send(Bye("Restarting.", 20.0, 10.0))
        await peer.socket.close(1012)

    with Scripted(bye) as server, chat_on(server.url) as chat:
        found = after_the_end(chat)
        assert found["status"] == "reconnecting"
        assert is_asked(found, 20, 30)


def test_a_reset_is_retried() -> None:
    """With no close frame at all."""

    async def reset(peer: Peer) -> None:
        await peer.welcome()
        peer.socket.transport.abort()

    with Scripted(first(reset)) as server, chat_on(server.url) as chat:
        wait_for(
            chat, "connection", lambda c: len(server.handshakes) == 2 and c["status"] == "connected"
        )


def test_an_end_before_an_answer_is_retried() -> None:
    """A proxy whose server is away may just hang up."""

    async def hang_up(*_: object) -> None:
        return

    with Tcp(hang_up) as server, chat_on(f"ws://127.0.0.1:{server.port}/") as chat:
        until(lambda: server.connections >= 2)
        assert chat.connection["status"] == "connecting"


def test_a_name_without_an_address_is_retried_and_said() -> None:
    """Perhaps the machine is merely offline; what is wrong is shown at once."""
    with chat_on("wss://tutor.invalid/") as chat:
        found = after_the_end(chat)
        assert found["status"] == "connecting"
        assert "cannot be found" in found["reason"]
        assert "online" in found["advice"]
        assert wait_in(found) <= LONGEST_WAIT


# --- fatal, or a stranger -----------------------------------------------------------------------


@rows("code", FATAL)
def test_closes_that_are_fatal(code: int) -> None:
    """Not tried again until the learner asks; what is wrong and what to do are said."""
    with Scripted(close_with(code, welcome=False)) as server, chat_on(server.url) as chat:
        found = wait_for_status(chat, "failed")
        assert found["reason"]
        assert found["advice"]
        assert len(server.handshakes) == 1
        chat.reconnect()
        until(lambda: len(server.handshakes) == 2)


@rows("code", MISDIRECTED)
def test_strange_closes(code: int) -> None:
    """Fatal before the first welcome; after it, tried again in 45–60 s, with the reason shown."""
    with Scripted(close_with(code, welcome=False)) as server, chat_on(server.url) as chat:
        found = wait_for_status(chat, "failed")
        assert found["reason"]
        assert found["advice"]
    with Scripted(close_with(code)) as server, chat_on(server.url) as chat:
        is_waiting_for_a_stranger(chat)


@rows("status", STRANGE)
def test_strange_answers(status: int) -> None:
    """The same for any other HTTP status."""
    misdirect(answer(status))


def test_no_subprotocol() -> None:
    """A WebSocket server of another kind."""
    with Scripted(be_idle, subprotocol=None) as server, chat_on(server.url) as chat:
        assert "another kind of server" in wait_for_status(chat, "failed")["reason"]


def turn_away(refuse: Refuse, path: str = "", **keywords: Any) -> None:
    """The answer is fatal before the first welcome."""
    with Scripted(be_idle, refuse=refuse) as server, chat_on(server.url + path, **keywords) as chat:
        found = wait_for_status(chat, "failed")
        assert found["reason"]
        assert found["advice"]
        assert len(server.handshakes) <= 6


def misdirect(refuse: Refuse, path: str = "", **keywords: Any) -> None:
    """So it is, and after a welcome it is tried again in 45–60 s."""
    turn_away(refuse, path, **keywords)
    let_in = count()

    def later(connection: ServerConnection, request: Request) -> Response | None:
        return None if next(let_in) == 0 else refuse(connection, request)

    async def welcome(peer: Peer) -> None:
        await peer.welcome()
        await peer.socket.close(1012)

    with (
        Scripted(welcome, refuse=later) as server,
        chat_on(server.url + path, **keywords) as chat,
    ):
        until(lambda: len(server.handshakes) >= 2)
        is_waiting_for_a_stranger(chat)


# --- tokens -------------------------------------------------------------------------------------


def only(token: str) -> Refuse:
    """Let nobody in but with this token."""

    def refuse(connection: ServerConnection, request: Request) -> Response | None:
        good = request.headers.get("Authorization") == f"Bearer {token}"
        return None if good else answer(401)(connection, request)

    return refuse


@rows("is_async", [False, True])
def test_a_refused_token_is_renewed_once_and_at_once(is_async: bool) -> None:
    """The source is asked for another; it may be a coroutine."""
    tokens = iter(("old", "new"))

    async def source() -> str:
        return next(tokens)

    with (
        Scripted(be_idle, refuse=only("new")) as server,
        chat_on(server.url, token=source if is_async else lambda: next(tokens)) as chat,
    ):
        wait_for_status(chat, "connected")
        assert len(server.handshakes) == 2


def test_a_token_refused_twice_is_fatal() -> None:
    """Another new one would be refused as well: the learner has to sign in."""
    numbers = count()
    with (
        Scripted(be_idle, refuse=only("good")) as server,
        chat_on(server.url, token=lambda: f"bad{next(numbers)}") as chat,
    ):
        assert "sign in" in wait_for_status(chat, "failed")["reason"]
        assert len(server.handshakes) == 2
        assert next(numbers) == 2


def answers(*tokens: str | None) -> Callable[[], str]:
    """A source of these tokens, one after the other; None: it fails."""
    rest = iter(tokens)

    def source() -> str:
        token = next(rest)
        if token is None:
            raise OSError("the sign-in is down")
        return token

    return source


def test_a_source_that_fails_while_renewing_is_asked_again() -> None:
    """It counts as unreachable: when it works again, so does the chat."""
    source = answers("old", None, "new")

    with (
        Scripted(be_idle, refuse=only("new")) as server,
        chat_on(server.url, token=source) as chat,
    ):
        wait_for_status(chat, "connected")
        sent = [r.headers["Authorization"] for r in server.handshakes]
        assert sent == ["Bearer old", "Bearer new"]  # the refused one is sent once


def test_a_source_that_fails_between_two_refusals_hides_neither() -> None:
    """The token that it has when it works again is the renewed one."""
    source = answers("old", None, None, "bad")

    with (
        Scripted(be_idle, refuse=only("good")) as server,
        chat_on(server.url, token=source) as chat,
    ):
        assert "sign in" in wait_for_status(chat, "failed")["reason"]
        assert [r.headers["Authorization"] for r in server.handshakes] == [
            "Bearer old",
            "Bearer bad",
        ]


@pytest.mark.parametrize("first", [True, False], ids=["first dial", "renewal"])
def test_a_source_that_returns_no_token_fails_until_it_is_asked_again(first: bool) -> None:
    """The badge says that it is the function, not the address; Reconnect now asks it once more."""
    rest = iter((*(() if first else ("old",)), "no token\n", "new"))
    with (
        Scripted(be_idle, refuse=only("new")) as server,
        chat_on(server.url, token=lambda: next(rest)) as chat,
    ):
        found = wait_for_status(chat, "failed")
        assert found["reason"] == "The function given as token returned no token."
        assert found["advice"] == "Correct it or pass a token, then press Reconnect now."
        assert len(server.handshakes) == (not first)
        chat.reconnect()
        wait_for_status(chat, "connected")
        assert server.handshakes[-1].headers["Authorization"] == "Bearer new"


@rows("code", [4401])
def test_a_constant_token_that_is_refused_is_fatal(code: int) -> None:
    """There is no other."""
    with (
        Scripted(close_with(code, welcome=False)) as server,
        chat_on(server.url, token="t") as chat,
    ):
        assert "sign in" in wait_for_status(chat, "failed")["reason"]
        assert len(server.handshakes) == 1


# --- redirects ----------------------------------------------------------------------------------


def redirect(status: int, location: str | None) -> Refuse:
    """All but ``/alice/chat/`` is elsewhere; ``{here}`` in the location is this server."""

    def refuse(connection: ServerConnection, request: Request) -> Response | None:
        if request.path == "/alice/chat/":
            return None
        here = request.headers["Host"]
        headers = {} if location is None else {"Location": location.format(here=here)}
        return answer(status, **headers)(connection, request)

    return refuse


@rows(
    ("status", "location"),
    [
        *((status, "http://{here}/alice/chat/") for status in (301, 302, 303, 307, 308)),
        *((301, location) for location in ("ws://{here}/alice/chat/", "/alice/chat/", "chat/")),
    ],
)
def test_a_redirect_downwards_is_followed_with_the_token(status: int, location: str) -> None:
    """A missing slash, mostly."""
    path = "alice/chat" if location != "chat/" else "alice/"
    with (
        Scripted(be_idle, refuse=redirect(status, location)) as server,
        chat_on(server.url + path, token="secret") as chat,
    ):
        wait_for_status(chat, "connected")
        assert [r.path for r in server.handshakes] == [f"/{path}", "/alice/chat/"]
        assert {r.headers["Authorization"] for r in server.handshakes} == {"Bearer secret"}


@rows(
    "location",
    [
        "/bob/chat/",
        "/",
        "../bob/",
        "/alice/../bob/",
        "/alice/%2e%2e/bob/",
        "https://{here}/alice/x/",
        "http://learner:word@{here}/alice/x/",
        "http://localhost.invalid/alice/x/",
        "//evil.invalid/alice/x/",
        "ftp://{here}/alice/x/",
        "http://[",
        "http://{here}:port/alice/x/",
        "",
        None,
        "/alice/",  # round and round
    ],
)
def test_a_redirect_elsewhere_is_a_stranger(location: str | None) -> None:
    """Another user's path, another machine, words that are no address: nobody goes there."""
    asked: set[str] = set()

    def refuse(connection: ServerConnection, request: Request) -> Response | None:
        asked.add(request.path)
        return redirect(302, location)(connection, request)

    turn = misdirect if location in ("/bob/chat/", "http://[", "/alice/") else turn_away
    turn(refuse, "alice/", token="secret")
    assert asked == {"/alice/"}


@rows("host", ["127.0.0.1", "localhost"])
def test_a_token_never_goes_to_another_port(host: str) -> None:
    """Another port is another server, which is not even asked."""
    with Scripted(be_idle) as other:
        misdirect(redirect(301, f"http://{host}:{other.port}/alice/chat/"), "alice/", token="x")
        assert other.handshakes == []
