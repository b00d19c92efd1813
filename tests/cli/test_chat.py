"""The chat in a terminal, with a scripted server and a screen that the test reads."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from websockets.exceptions import ConnectionClosed

from tests.support.chats import NOBODY
from tests.support.servers.scripted import Peer, Scripted, answer
from tutor_widget.cli.chat import Terminal
from tutor_widget.cli.screen import Screen
from tutor_widget.client.net.endpoint import Remote
from tutor_widget.client.storage.disk import call_on_disk
from tutor_widget.client.storage.session_memory import SessionMemory
from tutor_widget.wire import Answering, Delta, Event, Send, State, Stop

WITHIN = 60.0


class Output(io.StringIO):
    """Records what is written, and waits for words."""

    def __init__(self) -> None:
        super().__init__()
        self._written = threading.Condition()

    def write(self, text: str) -> int:
        with self._written:
            written = super().write(text)
            self._written.notify_all()
            return written

    def wait(self, words: str, count: int = 1) -> None:
        with self._written:
            seen = lambda: self.getvalue().count(words) >= count  # noqa: E731
            assert self._written.wait_for(seen, WITHIN), self.getvalue()


def converse(
    url: str,
    dialogue: Callable[[Output], Iterator[str]],
    session: str | None = "s",
    at_keyboard: bool = False,
) -> str:
    """What the screen shows after a dialogue; each line that it yields is typed, then `/quit`."""
    screen = Output()
    terminal = Terminal(Remote(url), session, Screen(screen), at_keyboard=at_keyboard)

    def lines() -> Iterator[str]:
        for line in dialogue(screen):
            yield line + "\n"
        yield "/quit\n"

    assert terminal.run(lines()) == 0
    return screen.getvalue()


def tutor(seq: int, text: str, re: str | None = None, status: str = "complete") -> Event:
    return Event(seq, f"_t{seq}", "tutor", text, 0, status, re)  # type: ignore[arg-type]


def test_a_reply_is_written_as_it_comes_and_once() -> None:
    """The pieces are written as they arrive, and the event adds only what is missing."""

    async def talk(peer: Peer) -> None:
        await peer.welcome()
        said = await peer.take(1)
        for start, piece in ((0, "one "), (4, "two ")):
            await peer.send(Delta(id="_t2", re=said.id, from_=start, text=piece))
        await peer.send(tutor(2, "one two three", said.id))
        said = await peer.take(3)
        await peer.send(Delta(id="_lost", re=said.id, from_=0, text="half of an"))
        await peer.send(Delta(id="_t4", re=said.id, from_=0, text="a whole "))
        await peer.send(tutor(4, "a whole answer", said.id))
        await peer.socket.wait_closed()

    def dialogue(screen: Output) -> Iterator[str]:
        yield "hello"
        screen.wait("three\n")
        yield "again"
        screen.wait("answer\n")

    with Scripted(talk) as server:
        shown = converse(server.url, dialogue)
    assert "You: hello\nTutor: one two three\n" in shown
    # A reply that begins anew, as after a crash of the server, has a line of its own.
    assert "You: again\nTutor: half of an\nTutor: a whole answer\n" in shown


def test_what_cannot_be_sent_is_said_and_the_chat_goes_on() -> None:
    """In a sentence; an empty line is nothing, and no message either."""
    taken: list[str] = []

    async def talk(peer: Peer) -> None:
        await peer.welcome()
        said = await peer.take(1)
        taken.append(said.text)
        await peer.send(tutor(2, "heard", said.id))
        await peer.socket.wait_closed()

    def dialogue(screen: Output) -> Iterator[str]:
        screen.wait("[Connected]")
        yield "x" * 32_769
        screen.wait("! The message has 32,769 characters")
        yield ""
        yield "hello"
        screen.wait("heard")

    with Scripted(talk) as server:
        shown = converse(server.url, dialogue, at_keyboard=True)
    assert taken == ["hello"]
    assert shown.count("! ") == 1


def test_a_reply_can_be_stopped() -> None:
    """`/stop` stops the reply, and its status is shown."""

    async def talk(peer: Peer) -> None:
        await peer.welcome()
        said = await peer.take(1)
        await peer.send(Delta(id="_t2", re=said.id, from_=0, text="a long story"))
        stop = await peer.receive()
        assert stop == Stop(re=said.id)
        await peer.send(tutor(2, "a long story", said.id, "stopped"))
        await peer.socket.wait_closed()

    def dialogue(screen: Output) -> Iterator[str]:
        yield "tell me"
        screen.wait("a long story")
        yield "/stop"
        screen.wait("[stopped]")

    with Scripted(talk) as server:
        assert "Tutor: a long story\n[stopped]\n" in converse(server.url, dialogue)


def test_reconnect_asks_a_server_again_that_said_no() -> None:
    """Only `/reconnect` retries after a refusal; each status is shown once, with advice."""
    refusals = [answer(404)]

    def refuse(connection: object, request: object) -> object:
        return refusals.pop()(connection, request) if refusals else None  # type: ignore[arg-type]

    async def idle(peer: Peer) -> None:
        await peer.welcome()
        await peer.socket.wait_closed()

    def dialogue(screen: Output) -> Iterator[str]:
        screen.wait(
            "[Not connected. No tutor at this address (HTTP status 404). "
            "Check the address of the tutor. "
            "Type /reconnect to try again, /new for a new conversation.]"
        )
        yield "/reconnect"
        screen.wait("[Connected]")

    with Scripted(idle, refuse=refuse) as server:  # type: ignore[arg-type]
        shown = converse(server.url, dialogue, at_keyboard=True)
        assert len(server.handshakes) == 2
    status = [line for line in shown.splitlines() if line.startswith("[")]
    assert len(status) == len(set(status))


def test_what_a_server_sends_drives_no_terminal() -> None:
    """Control characters of events and of deltas are replaced."""

    async def talk(peer: Peer) -> None:
        await peer.welcome(seq=1)
        await peer.send(tutor(1, "\x1b[2Jgreeting"))
        said = await peer.take(2)
        await peer.send(Delta(id="_t3", re=said.id, from_=0, text="piece \x07"))
        await peer.send(tutor(3, "piece \x07 end", said.id))
        await peer.socket.wait_closed()

    def dialogue(screen: Output) -> Iterator[str]:
        screen.wait("greeting")
        yield "hi"
        screen.wait(" end\n")

    with Scripted(talk) as server:
        shown = converse(server.url, dialogue)
    assert shown.isprintable() is False
    assert [c for c in shown if not c.isprintable() and c != "\n"] == []


def test_a_persons_notice_is_shown_with_the_name_when_it_comes() -> None:
    """Before anything is said, and in the middle of a reply, which goes on below it."""

    async def talk(peer: Peer) -> None:
        await peer.welcome()
        await peer.send(Event(1, "_n1", "notice", "Look at *page 3*.", 0, "complete", by="Ms Grey"))
        said = await peer.take(2)
        await peer.send(Delta(id="_t4", re=said.id, from_=0, text="Think "))
        await peer.receive()
        await peer.send(Event(3, "_n2", "notice", "You were right.", 0, "complete", by="Ms Grey"))
        await peer.send(tutor(4, "Think again.", said.id))
        await peer.socket.wait_closed()

    def dialogue(screen: Output) -> Iterator[str]:
        screen.wait("Ms Grey: Look at *page 3*.\n")
        yield "hi"
        screen.wait("Think ")
        yield "and?"
        screen.wait("Ms Grey: You were right.\n")
        screen.wait("again.\n")

    with Scripted(talk) as server:
        shown = converse(server.url, dialogue)
    assert shown.count("Ms Grey: ") == 2


def test_a_new_conversation_is_shown_from_its_beginning() -> None:
    """A shorter new conversation shows its first event."""
    greetings = iter((("first", 3), ("second", 1)))

    async def talk(peer: Peer) -> None:
        word, count = next(greetings)
        await peer.welcome(seq=count)
        for seq in range(1, count + 1):
            await peer.send(tutor(seq, f"{word} {seq}"))
        await peer.socket.wait_closed()

    def dialogue(screen: Output) -> Iterator[str]:
        screen.wait("first 3")
        yield "/new"
        screen.wait("second 1")

    with Scripted(talk) as server:
        shown = converse(server.url, dialogue, session=None)
    assert shown.count("second 1") == 1


def test_the_conversation_that_was_used_last_is_remembered() -> None:
    """Another terminal began a new one meanwhile: the next `chat` goes on with the one in which
    something was said since, and sends what waits in the other."""
    memory = SessionMemory(Remote(NOBODY).key, "terminal")
    used: list[str] = []

    def dialogue(screen: Output) -> Iterator[str]:
        used.append(call_on_disk(memory.recall).session)
        call_on_disk(memory.leave, used[0])
        call_on_disk(memory.remember, "newer")
        call_on_disk(memory.settle, used[0])
        yield "hello"

    converse(NOBODY, dialogue, session=None)
    assert call_on_disk(memory.recall).session == used[0]
    assert call_on_disk(memory.left) == ["newer"]


@pytest.mark.parametrize("named", [True, False])
def test_only_a_conversation_of_its_own_is_remembered(named: bool) -> None:
    """The next `chat` does not use a session that was named on the command line."""
    sessions: list[str] = []

    async def talk(peer: Peer) -> None:
        sessions.append((await peer.welcome()).session)
        frame: object = None
        with pytest.raises(ConnectionClosed):
            frame = await peer.receive()
        assert not isinstance(frame, Send)

    def dialogue(screen: Output) -> Iterator[str]:
        screen.wait("[Connected]")
        yield "/quit"

    with Scripted(talk) as server:
        converse(server.url, dialogue, session="named" if named else None)
        converse(server.url, dialogue, session=None)
    assert (sessions[0] == sessions[1]) is not named


def test_a_tutor_with_a_model_is_told_as_one() -> None:
    """That an AI answers, what is left of its budget, a place in line: each once, in brackets."""
    until = round(time.time() * 1000) + 3_600_000

    async def talk(peer: Peer) -> None:
        await peer.welcome(state={"ai": True}, rev=1)
        said = await peer.take(1)
        for place in (2, 1):
            await peer.send(Answering(re=said.id, place=place))
        await peer.send(Answering(re=said.id))
        state = {"ai": True, "budget": {"left": 0.2, "until": until}}
        await peer.send(State(rev=2, state=state))
        await peer.send(tutor(2, "An answer.", said.id))
        await peer.socket.wait_closed()

    def dialogue(screen: Output) -> Iterator[str]:
        screen.wait("[Answers are written by an AI and can be wrong.]")
        yield "hello"
        screen.wait("An answer.")

    with Scripted(talk) as server:
        shown = converse(server.url, dialogue)
    assert shown.count("by an AI") == 1
    waits, left = "[The tutor is busy: you are second in line.]", "[A fifth of today’s questions is"
    assert shown.index(waits) < shown.index(left) < shown.index("Tutor: An answer.")
    assert shown.count("in line") == 1
