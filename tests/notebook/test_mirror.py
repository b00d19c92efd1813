"""A page that applies the numbered changes holds what the traits hold, whatever happened."""

from __future__ import annotations

import asyncio
import time
from contextlib import closing
from typing import Any

from tests.support.chats import Outbound, show, wait_for, wait_for_status
from tests.support.driver import Driver
from tests.support.servers.scripted import Peer, Scripted
from tutor_widget import TutorChat
from tutor_widget.client.loop import get_loop
from tutor_widget.notebook.mirror import Mirror
from tutor_widget.session import effects as do
from tutor_widget.wire import Answering, Delta, Event, Older, Page, Send, State, Withdraw
from tutor_widget.wire import Refused as RefusedFrame


class Model:
    """A page's copy of the traits: whole ones, and the changes since (docs/comm.md)."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.queue: dict[str, dict[str, Any]] = {}
        self.reply: dict[str, Any] | None = None
        self.state: dict[str, Any] = {}
        self.n = -1

    @property
    def history(self) -> list[dict[str, Any]]:
        return self.events + ([self.reply] if self.reply is not None else [])

    def take(self, message: dict[str, Any]) -> None:
        if message["method"] == "update":
            state = message["state"]
            if "history" in state:
                items = state["history"]
                self.events = [item for item in items if item["status"] != "streaming"]
                self.reply = next((i for i in items if i["status"] == "streaming"), None)
                self.queue = {item["id"]: item for item in state["queue"]}
                self.state = state["session_state"]
                self.n = state["_n"]
        elif "n" in (change := message["content"]):
            assert change["n"] == self.n + 1, "a change was missed"
            self.n = change["n"]
            self._apply(change)

    def _apply(self, change: dict[str, Any]) -> None:
        for item in change.get("queue", ()):
            self.queue[item["id"]] = item
        for id in change.get("gone", ()):
            self.queue.pop(id, None)
        for event in change.get("events", ()):
            self.queue.pop(event["id"], None)
            self.events.append(event)
            if self.reply is not None and event.get("re") == self.reply["re"]:
                self.reply = None
        if "reply" in change:
            self._apply_reply(change["reply"])
        self.events = change.get("older", []) + self.events
        self.state = change.get("state", self.state)

    def _apply_reply(self, told: dict[str, Any] | None) -> None:
        if told is None:
            self.reply = None
        elif told["from"] == 0:
            fields = {key: value for key, value in told.items() if key != "from"}
            self.reply = fields | {"role": "tutor", "status": "streaming"}
        else:
            assert self.reply is not None
            assert told["from"] == len(self.reply["text"])
            self.reply = self.reply | {"text": self.reply["text"] + told["text"]}


def follow(chat: TutorChat, outbound: Outbound, held: str) -> None:
    """Wait until a page that applies all messages shows this text last, and compare."""

    def model() -> Model:
        page = Model()
        for message in list(outbound.messages):
            page.take(message)
        return page

    def shows() -> bool:
        history = model().history
        return bool(history) and history[-1]["text"] == held

    outbound.wait(shows)
    page = model()
    assert page.history == chat.history
    assert list(page.queue.values()) == chat.queue
    assert page.state == chat.session_state
    assert page.n == chat._n


class Director:
    """A server whose steps the test directs."""

    def __init__(self) -> None:
        self.welcome: dict[str, Any] = {}
        self.heard: list[Any] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._peer: Peer | None = None

    async def __call__(self, peer: Peer) -> None:
        await peer.welcome(seq=3, first=3, **self.welcome)
        await peer.send(notice(3))
        self._peer, self._loop = peer, asyncio.get_running_loop()
        while True:
            self.heard.append(await peer.receive())

    def send(self, *frames: Any) -> None:
        async def send() -> None:
            assert self._peer is not None
            for frame in frames:
                await self._peer.send(frame)

        assert self._loop is not None
        asyncio.run_coroutine_threadsafe(send(), self._loop).result(20)

    def drop(self) -> None:
        """The connection breaks."""
        assert self._peer is not None
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._peer.socket.transport.abort)

    def next(self, kind: type) -> Any:
        """The next frame of that kind."""
        deadline = time.monotonic() + 20
        while not (found := [frame for frame in self.heard if isinstance(frame, kind)]):
            assert time.monotonic() < deadline, self.heard
            time.sleep(0.005)  # nobody sets an event for this
        self.heard.remove(found[0])
        return found[0]


def notice(seq: int) -> Event:
    return Event(seq, f"e{seq}", "notice", f"<{seq}>", 0, "complete")


def test_changes_lead_to_what_the_traits_hold() -> None:
    """This holds for a reply that waits, grows, restarts and ends, for state and refusals."""
    tutor = Director()
    with Scripted(tutor) as server, closing(TutorChat(server.url, session="s")) as chat:
        wait_for_status(chat, "connected")
        outbound = show(chat)
        follow(chat, outbound, "<3>")

        chat.say("why?", context={"cell": "x = 1"})
        sent = tutor.next(Send)
        tutor.send(Event(4, sent.id, "learner", "why?", 0, "complete"))
        follow(chat, outbound, "why?")
        assert chat.history[-1]["shared"]

        tutor.send(Answering(re=sent.id, place=2))
        follow(chat, outbound, "")
        assert chat.history[-1]["place"] == 2
        tutor.send(Answering(re=sent.id), Delta(id="_a", re=sent.id, from_=0, text="first "))
        follow(chat, outbound, "first ")
        assert "place" not in chat.history[-1]
        tutor.send(Delta(id="_a", re=sent.id, from_=6, text="words"))
        follow(chat, outbound, "first words")
        # It died, and is generated anew under another id; then once more under the same.
        tutor.send(Delta(id="_b", re=sent.id, from_=0, text="first words, other ones"))
        follow(chat, outbound, "first words, other ones")
        tutor.send(Delta(id="_b", re=sent.id, from_=0, text="other"))
        follow(chat, outbound, "other")
        tutor.send(
            State(rev=1, state={"step": 1}),
            Event(5, "_b", "tutor", "other words", 0, "complete", sent.id),
        )
        follow(chat, outbound, "other words")
        assert chat.history[-1]["re"] == sent.id
        assert chat.session_state == {"step": 1}

        assert not chat.queue
        kept, gone = chat.say("keep"), chat.say("take back")
        refused = [tutor.next(Send), tutor.next(Send)]
        assert [frame.id for frame in refused] == [kept, gone]
        tutor.send(RefusedFrame(kept, "empty", "This message is empty.", None), notice(6))
        follow(chat, outbound, "<6>")
        chat.discard(gone)
        tutor.next(Withdraw)
        tutor.send(RefusedFrame(gone, "withdrawn", "This message was taken back.", None), notice(7))
        follow(chat, outbound, "<7>")
        assert [(m["id"], m["status"]) for m in chat.queue] == [(kept, "failed")]
        chat.discard(kept)
        wait_for(chat, "queue", lambda queue: not queue)  # no server has it
        tutor.send(notice(8))
        follow(chat, outbound, "<8>")
        assert chat.queue == []


def test_a_page_keeps_a_message_whose_id_the_log_of_another_account_has() -> None:
    """There its event acknowledges nothing: the message waits for its own account."""
    tutor = Director()
    tutor.welcome = {"account": "A", "epoch": "a"}
    with Scripted(tutor) as server, closing(TutorChat(server.url, session="s")) as chat:
        wait_for_status(chat, "connected")
        outbound = show(chat)
        waiting = chat.say("from A")
        tutor.next(Send)
        tutor.welcome = {"account": "B", "epoch": "b", "reset": True}
        tutor.drop()
        wait_for(chat, "queue", lambda queue: [m.get("code") for m in queue] == ["other_sign_in"])
        wait_for_status(chat, "connected")
        follow(chat, outbound, "<3>")
        tutor.send(Event(4, waiting, "learner", "from B", 0, "complete"))
        follow(chat, outbound, "from B")
        assert [m["code"] for m in chat.queue] == ["other_sign_in"]


def test_earlier_messages_come_before_those_held() -> None:
    """Older events come first, in order, and a page learns when there are no more."""
    tutor = Director()
    with Scripted(tutor) as server, closing(TutorChat(server.url, session="s")) as chat:
        wait_for_status(chat, "connected")
        outbound = show(chat)
        follow(chat, outbound, "<3>")
        asking = asyncio.run_coroutine_threadsafe(chat._chat.load_older(2), get_loop())
        frame = tutor.next(Older)
        assert (frame.before, frame.limit) == (3, 2)
        tutor.send(Page(before=3, events=[notice(2)], more=True))
        assert tutor.next(Older).before == 2
        tutor.send(Page(before=2, events=[notice(1)], more=False))
        assert asking.result(20) == 2
        tutor.send(notice(4))
        follow(chat, outbound, "<4>")
        assert [item["seq"] for item in chat.history] == [1, 2, 3, 4]
        views = [change["view"] for change in outbound.customs if "view" in change]
        assert views[-1] == {"older": False}


def test_pages_that_come_together_are_told_in_the_logs_order() -> None:
    """The second of them is of what was before the first."""
    session, mirror = Driver().start().session, Mirror()
    for seq in (2, 1):
        mirror.gather([do.OlderArrived((notice(seq),))], session, now=0.0)
    assert [item["seq"] for item in mirror.take_change(session, now=0.0)["older"]] == [1, 2]
