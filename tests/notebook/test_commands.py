"""Commands of a page and their acknowledgements, and what programs get from the same chat."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from ipywidgets.widgets.widget import _instances  # type: ignore[import-untyped]

from tests.support.chats import NOBODY, WITHIN, command, show, wait_for, wait_for_status
from tests.support.children import until
from tests.support.servers.scripted import Peer, Scripted, answer, answer_all, be_idle
from tutor_widget import Misuse, TutorChat
from tutor_widget.client.loop import call_on_loop, get_loop
from tutor_widget.client.outbox.journal import Journal
from tutor_widget.notebook import chat as chat_module
from tutor_widget.session import events as ev
from tutor_widget.wire import Event


@pytest.fixture
def held_disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """An event; no journal is written before it is set."""
    go, write = threading.Event(), Journal.write

    def wait(*arguments: Any, **keywords: Any) -> None:
        assert go.wait(WITHIN)
        write(*arguments, **keywords)

    monkeypatch.setattr(Journal, "write", wait)
    yield go
    go.set()


def notice(seq: int) -> Event:
    return Event(seq, f"e{seq}", "notice", f"<{seq}>", 0, "complete")


# --- commands -------------------------------------------------------------------------------------


def test_a_message_is_acknowledged_when_it_is_durable(held_disk: threading.Event) -> None:
    """The page forgets an acknowledged message, so the journal must hold it before that."""
    with closing(TutorChat(NOBODY, session="s")) as chat:
        outbound = show(chat)
        command(chat, "say", "m1", text="keep this")
        wait_for(chat, "queue", lambda q: [m["status"] for m in q] == ["saving"])
        command(chat, "stop", "c1", re="m0")
        outbound.wait(lambda: "c1" in outbound.acks)
        assert "m1" not in outbound.acks
        held_disk.set()
        outbound.wait(lambda: "m1" in outbound.acks)
        assert outbound.acks["m1"] is None
        assert [message["status"] for message in chat.queue] == ["queued"]


def test_a_message_of_a_replaced_conversation_is_acknowledged_when_it_is_durable(
    held_disk: threading.Event,
) -> None:
    """A new conversation makes no message safe: until its journal holds it, the page keeps it."""
    with closing(TutorChat(NOBODY, session="replaced")) as chat:
        outbound = show(chat)
        command(chat, "say", "m1", text="keep this")
        wait_for(chat, "queue", lambda q: [m["status"] for m in q] == ["saving"])
        replaced = chat._client
        command(chat, "new", "n1")
        outbound.wait(lambda: "n1" in outbound.acks)
        command(chat, "say", "m1", text="keep this")  # the page sends it again meanwhile
        command(chat, "stop", "c1", re="m0")
        outbound.wait(lambda: "c1" in outbound.acks)
        assert "m1" not in outbound.acks
        held_disk.set()

        def again() -> bool:
            command(chat, "say", "m1", text="keep this")
            return "m1" in outbound.acks

        outbound.wait(again)
        assert outbound.acks["m1"] is None
        assert chat.queue == []
        call_on_loop(lambda: replaced.happened(ev.Discarded("m1")))
        until(lambda: replaced.is_closed)  # nothing waits in it any more


def test_only_the_button_leaves_failed() -> None:
    """A page that comes back into view nudges; that does not retry a server that refused."""
    with (
        Scripted(be_idle, refuse=answer(404)) as server,
        closing(TutorChat(server.url, session="s")) as chat,
    ):
        outbound = show(chat)
        wait_for_status(chat, "failed")
        command(chat, "nudge", "c1")
        outbound.wait(lambda: "c1" in outbound.acks)
        assert chat.status == "failed"
        assert len(server.handshakes) == 1
        command(chat, "reconnect", "c2")
        until(lambda: len(server.handshakes) == 2)


def test_taking_back_what_is_gone_is_no_fault() -> None:
    """Discarding a message that is gone succeeds; a malformed command is an error."""
    with closing(TutorChat(NOBODY, session="s")) as chat:
        outbound = show(chat)
        command(chat, "discard", "c1", message="nobody")
        command(chat, "stop", "c2", re="no id at all")
        command(chat, "stop", "c3", re=7)
        outbound.wait(lambda: {"c1", "c2", "c3"} <= outbound.acks.keys())
        assert outbound.acks["c1"] is None
        for id in ("c2", "c3"):
            assert "does not understand" in (outbound.acks[id] or "")


def test_the_context_that_goes_along_is_shown_while_it_waits() -> None:
    """The queue shows the attached context; a context that is no object is refused."""
    with closing(TutorChat(NOBODY, session="s")) as chat:
        outbound = show(chat)
        command(chat, "say", "m1", text="look", context={"cell": "x = 1"})
        command(chat, "say", "m2", text="look", context="x = 1")
        outbound.wait(lambda: {"m1", "m2"} <= outbound.acks.keys())
        assert [message.get("context") for message in chat.queue] == [{"cell": "x = 1"}]
        assert outbound.acks["m1"] is None
        assert outbound.acks["m2"]


def test_a_page_chooses_the_language_of_its_words() -> None:
    """The first language with a catalogue is used; one that the program chose is there at once."""
    with closing(TutorChat(NOBODY, session="s")) as chat:
        outbound = show(chat)
        assert chat._words is None
        command(chat, "words", "c1", languages=["xx", "de-AT", "en"])
        outbound.wait(lambda: "c1" in outbound.acks)
        assert chat._words["lang"] == "de"
    with closing(TutorChat(NOBODY, session="s", lang="de")) as chat:
        assert chat._words["lang"] == "de"
        assert chat._view["lang"] == "de"


def test_only_so_many_commands_are_remembered() -> None:
    """The kernel remembers at most 512 commands, however long a page is open."""
    with closing(TutorChat(NOBODY, session="s")) as chat:
        outbound = show(chat)
        for number in range(1_000):
            command(chat, "stop", f"c{number}", re="m0")
        outbound.wait(lambda: "c999" in outbound.acks)
        assert len(chat._commands._outcomes) <= 512


# --- a conversation that was left for long --------------------------------------------------------


def test_a_stale_conversation_is_offered_until_the_learner_decides(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The offer has the time of last use in ms; `continue` and `new` both withdraw it."""
    monkeypatch.setenv("JPY_SESSION_NAME", "one.ipynb")
    before = time.time()
    with closing(TutorChat(NOBODY)) as chat:
        assert chat._view["resume"] is None
    with closing(TutorChat(NOBODY)) as chat:
        assert chat._view["resume"] is None  # it was used a moment ago
    monkeypatch.setattr(chat_module, "STALE_AFTER", -1.0)
    for op in ("continue", "new"):
        with closing(TutorChat(NOBODY)) as chat:
            assert before - 1 <= chat._view["resume"]["at"] / 1000 <= time.time() + 1
            outbound = show(chat)
            command(chat, op, "c1")
            outbound.wait(lambda outbound=outbound: "c1" in outbound.acks)  # type: ignore[misc]
            until(lambda chat=chat: chat._view["resume"] is None)  # type: ignore[misc]


# --- what programs get ----------------------------------------------------------------------------


def test_only_what_is_new_is_told_to_callbacks() -> None:
    """A callback gets no event that the log held before, and none twice after a replay."""
    registered = threading.Event()
    lives = iter((("e", 2), ("e", 4), ("another", 2)))  # of one, 4 came in an outage

    async def talk(peer: Peer) -> None:
        await asyncio.to_thread(registered.wait, WITHIN)
        epoch, held = next(lives)
        await peer.welcome(epoch=epoch, seq=held, reset=True)
        for seq in range(1, held + 2):
            await peer.send(notice(seq))
        await peer.socket.wait_closed()

    with Scripted(talk) as server, closing(TutorChat(server.url, session="s")) as chat:
        seen: list[int] = []
        chat.on_event(lambda event: seen.append(event.seq))
        registered.set()
        for told in ([3], [3, 4, 5], [3, 4, 5, 3]):
            until(lambda told=told: seen == told)  # type: ignore[misc]
            server.cut()


def test_waiting_on_the_chats_own_thread_is_refused() -> None:
    """A call that would deadlock raises Misuse, which names the alternative."""
    with closing(TutorChat(NOBODY, session="s")) as chat:
        for function in (lambda: chat.ask_blocking("x"), chat.older):
            with pytest.raises(Misuse, match="own thread"):
                call_on_loop(function)
        assert chat.queue == []


@pytest.mark.parametrize(
    ("keyword", "near"),
    [("tokn", "token"), ("uri", "url"), ("language", "lang"), ("layuot", "layout")],
)
def test_each_misspelt_keyword_names_its_nearest(keyword: str, near: str) -> None:
    """The error suggests the keyword that was meant."""
    arguments: dict[str, Any] = {keyword: "x"}
    with pytest.raises(TypeError, match=f"did you mean '{near}'"):
        TutorChat(NOBODY, **arguments)


def test_a_closed_chat_leaves_no_widget_behind() -> None:
    """A closed chat closes its layout, which ipywidgets would keep until the kernel ends."""
    with closing(TutorChat(NOBODY, session="s")):
        pass
    before = len(_instances)
    for _ in range(3):
        with closing(TutorChat(NOBODY, session="s")) as chat:
            show(chat)
            chat.get_state()
    assert len(_instances) == before


def test_a_closed_chat_tells_the_page_nothing_more() -> None:
    """A closed chat sends nothing, though another chat keeps the connection."""
    with Scripted(answer_all) as server, closing(TutorChat(server.url, session="s")) as other:
        chat = TutorChat(server.url, session="s")
        outbound = show(chat)
        wait_for_status(other, "connected")
        chat.close()
        told = len(outbound.customs)
        other.ask_blocking("hello", WITHIN)
        call_on_loop(lambda: None)
        assert len(outbound.customs) == told


def test_a_closed_chat_stays_closed() -> None:
    """A request that ends after `close` publishes nothing, though the connection is still open."""
    run = asyncio.run_coroutine_threadsafe
    with Scripted(answer_all) as server, closing(TutorChat(server.url, session="s")) as other:
        chat = TutorChat(server.url, session="s")
        wait_for_status(chat, "connected")
        paging = other._client.paging
        run(paging.acquire(), get_loop()).result(WITHIN)
        asking = run(chat._chat.load_older(1), get_loop())
        chat.close()
        call_on_loop(paging.release)
        assert asking.result(WITHIN) == 0
        assert chat.status == chat.connection["status"] == "closed"
        wait_for_status(other, "connected")


def test_a_notebook_without_its_widgets_shows_the_conversation() -> None:
    """The mimebundle has the messages as HTML and as text once there are any."""
    with Scripted(answer_all) as server, closing(TutorChat(server.url, session="s")) as chat:
        assert "text/html" not in chat._repr_mimebundle_()[0]
        chat.ask_blocking("is <this> right?", WITHIN)
        shown = chat._repr_mimebundle_()[0]
        assert shown["text/html"].count("<article") == 2
        assert "<this>" not in shown["text/html"]
        assert "is &lt;this&gt; right?" in shown["text/html"]
        assert "is <this> right?" in shown["text/plain"]


def test_what_is_saved_has_its_title_its_state_and_what_waits(tmp_path: Path) -> None:
    """A saved file has the tutor's title, the state, and the messages not yet committed."""

    async def titled(peer: Peer) -> None:
        await peer.welcome(seq=1, state={"title": "Lists & more", "step": 2}, rev=1)
        await peer.send(notice(1))
        await peer.socket.wait_closed()

    with Scripted(titled) as server, closing(TutorChat(server.url, session="s")) as chat:
        wait_for(chat, "history", lambda h: len(h) == 1)
        id = chat.say("not taken")
        saved = json.loads(chat.export(tmp_path / "talk.JSON").read_text("utf-8"))
        assert saved["title"] == "Lists & more"
        assert saved["state"] == {"title": "Lists & more", "step": 2}
        assert [(m["id"], m["text"]) for m in saved["unsent"]] == [(id, "not taken")]
        assert saved["server"] == f"127.0.0.1:{server.port}"
        assert saved["earlier"] is False
        page = chat.export(tmp_path / "talk.md").read_text("utf-8")
        assert page.startswith("# Lists \\& more – Conversation\n")
