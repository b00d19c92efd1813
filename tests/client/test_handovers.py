"""Several credentials of one account: the older client hands over to the newer."""

from __future__ import annotations

import asyncio
import io
import os
import threading
from collections.abc import Callable, Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request, Response

from tests.support.accounts import Accounts, not_sent, said, wait_for_said
from tests.support.chats import (
    WITHIN,
    command,
    journalled,
    journals,
    show,
    wait_for,
    wait_for_status,
)
from tests.support.children import Child, until
from tests.support.servers.scripted import Peer
from tutor_widget import Refused, TutorChat
from tutor_widget.cli.chat import Terminal
from tutor_widget.cli.screen import Screen
from tutor_widget.client import registry
from tutor_widget.client.loop import call_on_loop
from tutor_widget.client.net.endpoint import Remote
from tutor_widget.client.outbox import journal_task
from tutor_widget.session.queue.outgoing import OTHER_SIGN_IN
from tutor_widget.wire import Event, Older

pytestmark = pytest.mark.usefixtures("quiet")

Make = Callable[..., TutorChat]


# --- one account, several credentials -----------------------------------------------------------

CELL = "def token():\n    return tokens['now']\n"


def clients(url: str) -> int:
    """How many clients of the server there are; those of other tests do not count."""
    server = Remote(url).key
    return sum(key[0] == server for key in list(registry._clients))


@pytest.mark.parametrize("times", [9, 100])
@pytest.mark.parametrize("says_account", [True, False])
def test_a_cell_that_defines_its_function_anew_leaves_one_connection(
    chat_with: Make,
    times: int,
    says_account: bool,
) -> None:
    """And one client, one journal; the server sees one handshake."""
    notebook: dict[str, Any] = {"tokens": {"now": "a"}}
    with Accounts(a="A") as tutor:
        tutor.says_account = says_account
        tutor.holds = True
        chats = []
        for line in range(times):
            exec(compile("\n" * line + CELL, f"<cell {line}>", "exec"), notebook)
            chats.append(chat_with(tutor.url, session="s", token=notebook["token"]))
        chat = chats[-1]
        chat.say("hello")
        wait_for(chat, "queue", lambda q: [i["status"] for i in q] == ["sent"])
        assert len(tutor.server.handshakes) == 1
        assert clients(tutor.url) == 1
        assert len(journals()) == 1


@pytest.mark.parametrize("times", [9, 40])
def test_new_tokens_of_one_account_leave_one_connection(
    chat_with: Make,
    times: int,
) -> None:
    """Each is a string of its own, and all chats live on, on the newest."""
    with Accounts(**{f"t{n}": "A" for n in range(times)}) as tutor:
        chats = [chat_with(tutor.url, session="s", token=f"t{n}") for n in range(times)]
        until(lambda: clients(tutor.url) == 1)
        until(lambda: len(tutor.connected["A"]) == 1)
        for n, chat in enumerate(chats):
            chat.ask_blocking(f"m{n}", WITHIN)
        assert tutor.sent["A"] == [f"m{n}" for n in range(times)]
        for chat in chats:
            wait_for(chat, "history", lambda h: h[-1]["text"] == f"m{times - 1}")
            assert chat.status == "connected"


def test_after_a_handover_one_journal_holds_what_waits(chat_with: Make) -> None:
    """The older's goes at once: else what is taken back now would come back in the next kernel."""
    with Accounts(old="A", new="A") as tutor:
        tutor.holds = True
        older = chat_with(tutor.url, session="s", token="old")
        for text in ("one", "two"):
            older.say(text)
        wait_for(older, "queue", lambda q: [i["status"] for i in q] == ["sent", "sent"])
        (before,) = journals()
        newer = chat_with(tutor.url, session="s", token="new")
        until(lambda: clients(tutor.url) == 1)
        until(lambda: before not in journals())
        assert len(journals()) == 1
        assert set(journalled()) == {"one", "two"}
        tutor.go_on()
        wait_for(newer, "queue", lambda q: q == [])


async def test_the_older_hands_its_queue_to_the_newer(
    chat_with: Make,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In order, each once, before the newer's; who waits for an answer gets it. The older's journal
    goes with it: nobody looks around for it later."""
    for name in ("TOUCH_EVERY", "ORPHANED_AFTER"):
        monkeypatch.setattr(journal_task, name, 3600.0)
    with Accounts(old="A", new="A") as tutor:
        tutor.holds = True
        older = chat_with(tutor.url, session="s", token="old")
        wait_for_status(older, "connected")
        asking = [asyncio.create_task(older.ask(f"o{n}", WITHIN)) for n in range(3)]
        await asyncio.sleep(0)
        for n in range(3, 70):
            older.say(f"o{n}")  # more than may be outstanding
        await asyncio.to_thread(until, lambda: len(tutor.sent["A"]) == 64)
        newer = chat_with(tutor.url, session="s", token="new")
        newer.say("n")
        await asyncio.to_thread(until, lambda: clients(tutor.url) == 1)
        assert [item["text"] for item in wait_for(older, "queue", lambda q: len(q) == 71)][
            -1
        ] == "n"
        tutor.go_on()
        assert [event.text for event in await asyncio.gather(*asking)] == ["o0", "o1", "o2"]
        await asyncio.to_thread(until, lambda: len(tutor.texts("A")) == 71)
        assert tutor.texts("A") == [*(f"o{n}" for n in range(70)), "n"]
        assert (await older.ask("the older", WITHIN)).text == "the older"
        assert (await newer.ask("the newer", WITHIN)).text == "the newer"
        await asyncio.to_thread(until, lambda: len(tutor.connected["A"]) == 1)
        assert older.history == newer.history
        await asyncio.to_thread(until, lambda: journals() == [])


def test_who_types_through_many_handovers_notices_none(
    chat_with: Make,
) -> None:
    """`say` never raises, and nothing is lost, doubled or out of order; `on_event` neither."""
    with Accounts(**{f"t{n}": "A" for n in range(12)}) as tutor:
        typist = chat_with(tutor.url, session="s", token="t0")
        heard: list[str] = []
        typist.on_event(lambda event: heard.append(event.text) if event.re is None else None)
        wait_for_status(typist, "connected")
        texts: list[str] = []
        is_over = threading.Event()
        raised: list[BaseException] = []

        def type_on() -> None:
            try:
                while not is_over.wait(0.002):
                    texts.append(str(len(texts)))
                    typist.say(texts[-1])
            except BaseException as error:  # noqa: BLE001 - whatever it is, `say` must not raise it
                raised.append(error)

        typing = threading.Thread(target=type_on)
        typing.start()
        try:
            for n in range(1, 12):
                wait_for_status(chat_with(tutor.url, session="s", token=f"t{n}"), "connected")
                until(lambda: clients(tutor.url) == 1)
        finally:
            is_over.set()
            typing.join()
        assert raised == []
        until(lambda: len(tutor.texts("A")) == len(texts))
        assert tutor.texts("A") == texts
        wait_for(typist, "queue", lambda q: q == [])
        until(lambda: len(heard) == len(texts))
        assert heard == texts
        until(lambda: journals() == [])


def test_a_handover_without_a_disk_loses_nothing(
    chat_with: Make,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing can be written: the messages go from memory to memory."""

    def full(fd: int, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    with Accounts(old="A", new="A") as tutor:
        tutor.holds = True
        older = chat_with(tutor.url, session="s", token="old")
        wait_for_status(older, "connected")
        with monkeypatch.context() as disk:
            disk.setattr(os, "write", full)
            ids = [older.say(f"o{n}") for n in range(5)]
            newer = chat_with(tutor.url, session="s", token="new")
            until(lambda: clients(tutor.url) == 1)
            assert [item["id"] for item in wait_for(newer, "queue", lambda q: len(q) == 5)] == ids
            tutor.go_on()
            wait_for_said(newer, *(f"o{n}" for n in range(5)))


def test_an_answer_that_the_newer_saw_first_is_given_to_who_asked_the_older(
    chat_with: Make,
) -> None:
    """The older was away when its message was committed and answered."""
    with Accounts(old="A", new="A") as tutor:
        tutor.holds = True
        older = chat_with(tutor.url, session="s", token="old")
        wait_for_status(older, "connected")
        answer = older._ask("hello")
        until(lambda: tutor.sent["A"] == ["hello"])
        older.disconnect()
        until(lambda: not tutor.connected["A"])
        tutor.go_on()
        newer = chat_with(tutor.url, session="s", token="new")
        assert answer.result(WITHIN).text == "hello"
        assert tutor.sent["A"] == ["hello"]  # it need not be sent again
        assert newer.queue == older.queue == []


def test_an_older_page_that_was_asked_for_comes_from_the_newer(
    chat_with: Make,
) -> None:
    """Who reads further up while a cell runs again gets what was asked for."""
    with Accounts(old="A", new="A") as tutor:
        tutor.logs["A"] = [
            Event(n, f"_e{n}", "tutor", f"event {n}", 0, "complete") for n in range(1, 101)
        ]
        older = chat_with(tutor.url, session="s", token="old")
        wait_for(older, "history", lambda h: len(h) == 20)
        wait_for_status(older, "connected")
        asked = threading.Event()
        take = tutor._take

        async def swallow(peer: Peer, account: str) -> None:
            if not asked.is_set():
                assert isinstance(await peer.receive(), Older)
                asked.set()
            else:
                await take(peer, account)

        tutor._take = swallow  # type: ignore[method-assign]
        older.reconnect()  # the server's side waits in the function that was replaced
        tutor.drop_all()
        wait_for(older, "connection", lambda c: c["outage"] is not None)
        came: list[int] = []
        reading = threading.Thread(target=lambda: came.append(older.older(50)))
        reading.start()
        assert asked.wait(WITHIN)
        chat_with(tutor.url, session="s", token="new")
        reading.join(WITHIN)
        assert came == [50]
        assert [event["seq"] for event in older.history] == list(range(31, 101))


def test_a_terminal_follows_a_handover(
    chat_with: Make,
) -> None:
    """What is typed there goes on, and what is said is shown once."""
    with Accounts(old="A", new="A") as tutor:
        out = io.StringIO()
        terminal = Terminal(Remote(tutor.url, "old"), "s", Screen(out))
        call_on_loop(lambda: terminal._obey("one"))
        until(lambda: "Tutor: one" in out.getvalue())
        chat = chat_with(tutor.url, session="s", token="new")
        until(lambda: clients(tutor.url) == 1)
        call_on_loop(lambda: terminal._obey("two"))
        until(lambda: "Tutor: two" in out.getvalue())
        assert out.getvalue().count("You: one") == out.getvalue().count("You: two") == 1
        chat.close()
        call_on_loop(lambda: terminal._obey("three"))
        until(lambda: "Tutor: three" in out.getvalue())
        call_on_loop(lambda: terminal._client.release(terminal._changed))
        until(lambda: not tutor.connected["A"])


def test_the_last_listener_ends_the_client_that_took_over(
    chat_with: Make,
) -> None:
    """Whichever chat is closed first, and nothing is left behind."""
    with Accounts(old="A", new="A") as tutor:
        older = chat_with(tutor.url, session="s", token="old")
        newer = chat_with(tutor.url, session="s", token="new")
        until(lambda: clients(tutor.url) == 1)
        newer.close()
        assert older.ask_blocking("still here", WITHIN).text == "still here"
        older.close()
        until(lambda: clients(tutor.url) == 0)
        until(lambda: not tutor.connected["A"])


# --- a source of tokens that changes its account ------------------------------------------------


@pytest.fixture
def shared() -> Iterator[tuple[Accounts, dict[str, str]]]:
    """A tutor of two accounts, and the token that the program has at the moment."""
    with Accounts(a="A", b="B") as tutor:
        yield tutor, {"now": "a"}


def change(tutor: Accounts, token: dict[str, str], to: str) -> None:
    """The program signs in as another: the old token is refused from now on."""
    old = token["now"]
    token["now"] = to

    def refuse(connection: ServerConnection, request: Request) -> Response | None:
        if tutor.is_away:
            return connection.respond(HTTPStatus(503), "away\n")
        shown = request.headers["Authorization"].removeprefix("Bearer ")
        return connection.respond(HTTPStatus(401), "no\n") if shown == old else None

    tutor.server._refuse = refuse


def test_a_queue_waits_for_its_account_in_one_client(
    shared: tuple[Accounts, dict[str, str]],
    chat_with: Make,
) -> None:
    """The other account's history replaces it, nothing of the queue is sent, all of it is shown,
    and it goes out when its account is back."""
    tutor, token = shared
    chat = chat_with(tutor.url, session="s", token=lambda: token["now"])
    chat.ask_blocking("as Alice", WITHIN)
    tutor.is_away = True
    tutor.drop_all()
    wait_for_status(chat, "reconnecting")
    ids = [chat.say("later, as Alice"), chat.say("and later")]
    change(tutor, token, "b")
    tutor.is_away = False
    chat.reconnect()
    wait_for(chat, "queue", lambda _: not_sent(chat) == ["later, as Alice", "and later"])
    assert wait_for(chat, "connection", lambda c: c["status"] == "connected")
    assert chat.history == []
    answer = chat.ask_blocking("as Bob", WITHIN)
    assert answer.text == "as Bob"
    assert tutor.sent == {"A": ["as Alice"], "B": ["as Bob"]}
    chat.discard(ids[1])
    wait_for(chat, "queue", lambda q: [item["id"] for item in q] == ids[:1])
    change(tutor, token, "a")
    tutor.drop_all()
    wait_for_said(chat, "as Alice", "later, as Alice")
    assert tutor.sent == {"A": ["as Alice", "later, as Alice"], "B": ["as Bob"]}
    until(lambda: journals() == [])


def test_what_one_account_asked_of_its_message_is_not_done_under_another(
    shared: tuple[Accounts, dict[str, str]],
    chat_with: Make,
) -> None:
    """A page's "try again" and "discard" that come late are refused: the first would give the
    message to the account that is signed in by now. When their own is back, they are performed."""
    tutor, token = shared
    chat = chat_with(tutor.url, session="s", token=lambda: token["now"])
    alice = wait_for(chat, "_view", lambda v: len(v["owners"]) == 2)["owners"][-1]
    tutor.is_away = True
    tutor.drop_all()
    wait_for_status(chat, "reconnecting")
    texts = ["one", "two"]
    ids = dict(zip(("retry", "discard"), map(chat.say, texts), strict=True))
    change(tutor, token, "b")
    tutor.is_away = False
    chat.reconnect()
    wait_for(chat, "queue", lambda _: not_sent(chat) == texts)
    outbound = show(chat)
    for op, id in ids.items():
        command(chat, op, f"{op}1", message=id, owner=alice)
    outbound.wait(lambda: {"retry1", "discard1"} <= outbound.acks.keys())
    refusals = {outbound.acks["retry1"], outbound.acks["discard1"]}
    assert refusals == {"It was written under another sign-in."}
    chat.ask_blocking("as Bob", WITHIN)
    change(tutor, token, "a")
    tutor.drop_all()
    wait_for_said(chat, *texts)
    assert tutor.sent["B"] == ["as Bob"]
    for op, id in ids.items():  # the page sends it again, under its id
        command(chat, op, f"{op}1", message=id, owner=alice)
    outbound.wait(lambda: outbound.acks["discard1"] is None)
    assert outbound.acks["retry1"] not in refusals


def test_a_queue_goes_out_by_another_client_of_its_account(
    shared: tuple[Accounts, dict[str, str]],
    chat_with: Make,
) -> None:
    """One chat's source of tokens is another's by now; a second chat signs in as before."""
    tutor, token = shared
    changed = chat_with(tutor.url, session="s", token=lambda: token["now"])
    wait_for_status(changed, "connected")
    tutor.is_away = True
    tutor.drop_all()
    wait_for_status(changed, "reconnecting")
    changed.say("as Alice")
    change(tutor, token, "b")
    tutor.is_away = False
    changed.reconnect()
    wait_for(changed, "queue", lambda _: not_sent(changed) == ["as Alice"])
    tutor.account_of["a2"] = "A"
    alice = chat_with(tutor.url, session="s", token="a2")
    wait_for_said(alice, "as Alice")
    wait_for(changed, "queue", lambda q: q == [])
    assert said(changed) == []
    assert tutor.sent == {"A": ["as Alice"]}
    until(lambda: journals() == [])


def test_who_awaits_an_answer_under_another_sign_in_is_told(
    shared: tuple[Accounts, dict[str, str]],
    chat_with: Make,
) -> None:
    """The answer cannot come as things are."""
    tutor, token = shared
    chat = chat_with(tutor.url, session="s", token=lambda: token["now"])
    wait_for_status(chat, "connected")
    tutor.is_away = True
    tutor.drop_all()
    wait_for_status(chat, "reconnecting")
    answer = chat._ask("as Alice")
    change(tutor, token, "b")
    tutor.is_away = False
    chat.reconnect()
    with pytest.raises(Refused, match="another sign-in"):
        answer.result(WITHIN)


def test_a_queue_waits_for_its_account_across_kernels(tmp_path: Path) -> None:
    """Killed with a queue under A, welcomed as B, killed again: it goes out when A is back."""
    program = (
        "from tutor_widget import TutorChat\n"
        "def start(url, token):\n"
        "    global chat\n"
        "    chat = TutorChat(url, session='s', token=token)\n"
    )

    def wait(kernel: Child, condition: str) -> None:
        until(lambda: kernel.run(condition))

    home = tmp_path / "home"
    home.mkdir()
    with Accounts(a="A", b="B") as tutor:
        tutor.holds = True
        with Child(home) as kernel:
            kernel.run(program)
            kernel.run(f"start({tutor.url!r}, 'a')")
            wait(kernel, "chat.status == 'connected'")
            kernel.run("chat.say('as Alice')")
            wait(kernel, "[i['status'] for i in chat.queue] == ['sent']")
        tutor.holds = False
        tutor._waiting.clear()
        for _ in range(2):
            with Child(home) as kernel:
                kernel.run(program)
                kernel.run(f"start({tutor.url!r}, 'b')")
                wait(
                    kernel,
                    f"[(i['status'], i.get('code')) for i in chat.queue] "
                    f"== [('failed', {OTHER_SIGN_IN!r})]",
                )
                wait(kernel, "chat.status == 'connected'")
        assert tutor.sent["B"] == []
        with Child(home) as kernel:
            kernel.run(program)
            kernel.run(f"start({tutor.url!r}, 'a')")
            wait(kernel, "chat.queue == [] and len(chat.history) == 2")
        assert tutor.texts("A") == ["as Alice"]
        assert tutor.sent["B"] == []
