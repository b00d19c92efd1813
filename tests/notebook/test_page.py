"""`TutorChat` as a page meets it: traits, commands, views, numbered changes."""

from __future__ import annotations

import errno
import json
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
import traitlets

from tests.support.chats import WITHIN, Outbound, command, show, wait_for, wait_for_status
from tests.support.children import until
from tests.support.servers.scripted import Peer, Scripted, answer, answer_all, fail_first
from tutor_widget import TutorChat
from tutor_widget.client import limits
from tutor_widget.client.loop import call_on_loop
from tutor_widget.session import Phase
from tutor_widget.wire import Event


def test_traits_are_read_only(chat_with: Callable[..., TutorChat]) -> None:
    """A program cannot set what only the conversation may change."""
    chat = chat_with("ws://127.0.0.1:1", session="s")
    for name in ("status", "connection", "queue", "history", "session_state"):
        with pytest.raises(traitlets.TraitError):
            setattr(chat, name, getattr(chat, name))


def test_a_forged_update_changes_and_echoes_nothing(chat_with: Callable[..., TutorChat]) -> None:
    """A page's write to a trait changes nothing and is not echoed to other pages."""
    chat = chat_with("ws://127.0.0.1:1", session="s")
    outbound = show(chat)
    before = len(outbound.messages)
    forged = {"status": "connected", "history": [{"seq": 1, "text": "forged"}], "_n": 99}
    chat._handle_msg({"content": {"data": {"method": "update", "state": forged}}, "buffers": []})
    assert chat.history == []
    assert chat.status == "connecting"
    assert not any("echo" in m["method"] for m in outbound.messages[before:])


def test_a_command_is_done_once_and_acknowledged_each_time(
    chat_with: Callable[..., TutorChat],
) -> None:
    """A page that missed the acknowledgement may send the command again."""
    with Scripted(answer_all) as server:
        chat = chat_with(server.url, session="s")
        outbound = show(chat)
        for _ in range(3):
            command(chat, "say", "m1", text="hello")
        outbound.wait(lambda: "m1" in outbound.acks)
        wait_for(chat, "history", lambda h: len(h) == 2 and h[-1]["status"] == "complete")
        command(chat, "say", "m1", text="hello")
        chat.ask_blocking("next", WITHIN)
        assert [h["text"] for h in chat.history if h["role"] == "learner"] == ["hello", "next"]


def test_a_kernel_that_ends_hears_no_complaint(
    chat_with: Callable[..., TutorChat],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A closed socket at the kernel's end is not reported; any other error is."""
    with Scripted(answer_all) as server:
        chat = chat_with(server.url, session="s")
        show(chat)
        del chat._send
        for number, heard in ((errno.ENOTSOCK, False), (errno.EINVAL, True)):

            def send(*_: object, number: int = number) -> None:
                raise OSError(number, "not to be sent")

            monkeypatch.setattr("ipywidgets.Widget._send", send)
            chat.ask_blocking("hello", WITHIN)
            call_on_loop(chat._chat.page.flush if number == errno.ENOTSOCK else lambda: None)
            if heard:
                until(lambda: "not to be sent" in caplog.text)
            else:
                assert "not to be sent" not in caplog.text
        monkeypatch.undo()


def test_what_is_asked_anew_goes_with_what_went_along(chat_with: Callable[..., TutorChat]) -> None:
    """A message asked again gets the context of the first, which only the kernel has."""
    context = {"error": {"name": "NameError", "message": "no x", "traceback": "line 1"}}
    with Scripted(fail_first) as server:
        chat = chat_with(server.url)
        outbound = show(chat)
        command(chat, "say", "first", text="why?", context=context)
        wait_for(chat, "history", lambda history: len(history) == 2)
        command(chat, "say", "second", text="why?", again="first")
        outbound.wait(lambda: outbound.acks.get("second", "") is None)
        history = wait_for(chat, "history", lambda history: len(history) == 4)
        assert [e["status"] for e in history] == ["complete", "failed", "complete", "complete"]
        assert json.loads(history[3]["text"]) == context
        assert [e.get("shared") for e in history[::2]] == [{"error": "NameError"}] * 2


def test_what_went_along_is_the_pages_where_the_kernel_was_restarted(
    chat_with: Callable[..., TutorChat],
) -> None:
    """The page may know what went along with a message that this kernel has never seen."""
    context, other = {"cell": "xs[3]"}, {"cell": "something else"}
    chat = chat_with("ws://127.0.0.1:1", session="s")
    outbound = show(chat)
    command(chat, "say", "m2", text="why?", again="of-an-earlier-kernel", context=context)
    command(chat, "say", "m3", text="why?", again="m2", context=other)
    outbound.wait(lambda: {"m2", "m3"} <= outbound.acks.keys())
    assert [message["context"] for message in chat.queue] == [context] * 2


def test_what_was_refused_for_want_of_room_is_taken_when_there_is_some(
    chat_with: Callable[..., TutorChat], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page's "Try again" sends the same message under the same id."""
    monkeypatch.setattr(limits, "MAX_WAITING", 1)
    chat = chat_with("ws://127.0.0.1:1", session="s")
    outbound = show(chat)
    first = chat.say("first")
    command(chat, "say", "m2", text="second")
    outbound.wait(lambda: "was not queued" in (outbound.acks.get("m2") or ""))
    chat.discard(first)
    wait_for(chat, "queue", lambda q: not q)
    command(chat, "say", "m2", text="second")
    queue = wait_for(chat, "queue", lambda q: [m["status"] for m in q] == ["queued"])
    assert (queue[0]["id"], queue[0]["text"]) == ("m2", "second")
    outbound.wait(lambda: outbound.acks["m2"] is None)


def test_a_bad_command_is_answered_with_a_sentence(chat_with: Callable[..., TutorChat]) -> None:
    """Each malformed command is acknowledged with an error, and none raises in the kernel."""
    chat = chat_with("ws://127.0.0.1:1", session="s")
    outbound = show(chat)
    command(chat, "invented", "c1")
    command(chat, "say", "c2")
    command(chat, "say", "_server", text="x")
    command(chat, "say", "c3", text="   ")
    command(chat, "retry", "c4", message="nobody")
    chat._handle_msg({"content": {"data": {"method": "custom", "content": [1]}}, "buffers": []})
    outbound.wait(lambda: {"c1", "c2", "c3", "c4", "_server"} <= outbound.acks.keys())
    assert all(outbound.acks[id] for id in ("c1", "c2", "c3", "c4", "_server"))
    assert outbound.acks["c3"] == "The message is empty."


def test_a_chat_that_no_page_shows_sends_nothing(chat_with: Callable[..., TutorChat]) -> None:
    """Without a view nothing is sent; a new view gets whole traits."""
    with Scripted(answer_all) as server:
        chat = chat_with(server.url, session="s")
        outbound = Outbound(chat)
        chat.ask_blocking("hello", WITHIN)
        wait_for(chat, "history", lambda h: len(h) == 2)
        assert outbound.messages == []
        command(chat, "view", "v1", view="page", shown=True, n=0)
        outbound.wait(lambda: any(m["method"] == "update" for m in outbound.messages))
        state = next(m["state"] for m in outbound.messages if m["method"] == "update")
        assert [item["text"] for item in state["history"]] == ["hello", "hello"]


def test_a_view_gets_whole_traits_only_if_it_does_not_hold_them(
    chat_with: Callable[..., TutorChat],
) -> None:
    """A view that holds the current traits gets only an acknowledgement."""
    with Scripted(answer_all) as server:
        chat = chat_with(server.url, session="s")
        chat.ask_blocking("hello", WITHIN)
        wait_for(chat, "session_state", lambda state: state == {"step": 1})
        outbound = show(chat)
        outbound.wait(lambda: any(m["method"] == "update" for m in outbound.messages))
        held = len(outbound.messages)
        command(chat, "view", "v2", view="another", shown=True, n=chat._n)
        command(chat, "view", "v3", view="page", shown=False, n=chat._n)
        command(chat, "view", "v4", view="another", shown=False, n=chat._n)
        command(chat, "view", "v5", view="page", shown=True, n=chat._n)
        outbound.wait(lambda: "v5" in outbound.acks)
        assert all(m["content"].keys() == {"acks"} for m in outbound.messages[held:])
        command(chat, "view", "v6", view="page", shown=True, n=chat._n - 1)
        outbound.wait(lambda: "v6" in outbound.acks)
        assert [m["method"] for m in outbound.messages[held:]].count("update") == 1


def test_changes_are_numbered_and_lead_to_the_truth(chat_with: Callable[..., TutorChat]) -> None:
    """A page that applies the changes holds what the traits hold."""
    with Scripted(answer_all) as server:
        chat = chat_with(server.url, session="s")
        wait_for_status(chat, "connected")
        outbound = show(chat)
        for number in range(5):
            chat.ask_blocking(f"question number {number}, long enough for deltas", WITHIN)
        wait_for(chat, "history", lambda h: len(h) == 10 and h[-1]["status"] == "complete")
        outbound.wait(lambda: sum(len(c.get("events", ())) for c in outbound.customs) == 10)
        numbers = [c["n"] for c in outbound.customs if "n" in c]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        events = [event for c in outbound.customs for event in c.get("events", ())]
        assert events == chat.history


def test_the_session_id_is_in_no_trait(chat_with: Callable[..., TutorChat]) -> None:
    """The session id may be a secret, so it is never synced."""
    chat = chat_with("ws://127.0.0.1:1")
    time.sleep(0)
    assert chat.session not in json.dumps(chat.get_state())


def test_replay_is_told_whole_once(chat_with: Callable[..., TutorChat]) -> None:
    """A replay of 500 events reaches the page as whole traits, in fewer than 12 messages."""

    async def long_log(peer: Peer) -> None:
        await peer.welcome(seq=500)
        for seq in range(1, 501):
            await peer.send(
                Event(
                    seq=seq,
                    id=f"e{seq}",
                    role="notice",
                    text="x",
                    at=0,
                    status="complete",
                )
            )
        await peer.socket.wait_closed()

    with Scripted(long_log) as server:
        chat = chat_with(server.url, session="s")
        outbound = show(chat)
        wait_for(chat, "history", lambda h: len(h) == 500)
        assert chat._client.session.phase is Phase.LIVE
        assert len(outbound.messages) < 12


def test_what_waits_in_a_conversation_that_is_left_still_goes_out(
    chat_with: Callable[..., TutorChat],
) -> None:
    """`new` leaves the old session, and its queued messages are still sent."""
    taken: list[str] = []
    arrived, open_up = threading.Event(), threading.Event()

    def refuse(connection: Any, request: Any) -> Any:
        return None if open_up.is_set() else answer(503)(connection, request)

    async def take(peer: Peer) -> None:
        await peer.welcome()
        taken.append((await peer.take(1)).text)
        arrived.set()
        await peer.socket.wait_closed()

    with Scripted(take, refuse=refuse) as server:
        chat = chat_with(server.url)
        chat.say("do not lose me")
        wait_for(chat, "queue", lambda q: [m["status"] for m in q] == ["queued"])
        chat.new()
        wait_for(chat, "queue", lambda q: not q)
        open_up.set()
        assert arrived.wait(WITHIN)
        assert taken == ["do not lose me"]
