"""Earlier messages, from a real server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.children import until
from tests.support.servers.processes import Tutor
from tests.support.servers.scripted import Peer, Scripted
from tutor_widget import Refused, TutorChat, Unreachable
from tutor_widget.client import older
from tutor_widget.client.loop import call_on_loop, get_loop
from tutor_widget.notebook import commands, downloads
from tutor_widget.session import events as ev
from tutor_widget.session import transcript
from tutor_widget.wire import Event, Older, Page, Send

SESSION = "a-long-conversation"
TURNS = 300


@pytest.fixture
def tutor(start_tutor: Callable[..., Tutor]) -> Tutor:
    """One whose log holds more than a server replays."""
    tutor = start_tutor("--tutor=echo", "--pace=0")
    tutor.fill(SESSION, [f"message {n}" for n in range(TURNS)])
    return tutor


@pytest.fixture
def chat(tutor: Tutor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TutorChat]:
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    chat = TutorChat(tutor.url, session=SESSION)
    chat.ask_blocking("here", 20)
    yield chat
    chat.close()


def test_older_events_come_to_the_front(chat: TutorChat) -> None:
    """As many as asked for, until there are no more; nothing twice, nothing left out."""
    first = chat.history[0]["seq"]
    assert first > 1
    assert chat.older(30) == 30
    assert chat.history[0]["seq"] == first - 30
    assert chat.older(10_000) == first - 31
    assert chat.older() == 0
    events = [event for event in chat.history if event["status"] != "streaming"]
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    chat.ask_blocking("and on", 20)
    assert chat.history[0]["seq"] == 1  # the bound was raised for good


@pytest.mark.parametrize("limits", [(200, 10), (10, 200)])
def test_two_may_ask_at_the_same_time(chat: TutorChat, limits: tuple[int, int]) -> None:
    """A learner who saves the conversation and reads further up: each gets what is right."""
    first = chat.history[0]["seq"]

    async def both() -> list[int]:
        return await asyncio.gather(*(chat._chat.load_older(limit) for limit in limits))

    came = chat._wait_for(both())
    assert sum(came) == first - 1
    assert chat.history[0]["seq"] == 1
    assert chat.status == "connected"
    assert chat.connection["outage"] is None


def test_two_formats_may_be_saved_at_the_same_time(
    chat: TutorChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their pieces do not mix."""
    monkeypatch.setattr(downloads, "PIECE", 1_000)

    async def pieces(format: str) -> str:
        text, following = "", 0
        while following is not None:
            question = {"format": format, "from": following}
            piece = await commands.QUESTIONS["file"](chat._chat, question)
            text, following = text + piece["text"], piece["next"]
            await asyncio.sleep(0)
        return text

    async def both() -> tuple[str, str]:
        return await asyncio.gather(pieces("md"), pieces("json"))

    markdown, saved = chat._wait_for(both())
    assert markdown.startswith("# ")
    assert markdown.count("## You") == TURNS + 1
    assert len(json.loads(saved)["events"]) == 2 * (TURNS + 1)


def test_without_a_connection_it_says_so(chat: TutorChat, tutor: Tutor) -> None:
    """Nobody waits for what cannot come."""
    tutor.kill()
    with pytest.raises(Unreachable, match="Try again when it is back"):
        chat.older()


# --- a server whose pages the test can see --------------------------------------------------------

LENGTH, HELD = 902, 500


def event(seq: int) -> Event:
    return Event(seq, f"e{seq}", "notice", f"<{seq}>", 0, "complete")


class Pages:
    """A server with a log of `LENGTH` events; ``asked`` is what it was asked for, ``said`` what it
    was told and never acknowledged."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, int]] = []
        self.said: list[str] = []
        self.silent = False

    async def __call__(self, peer: Peer) -> None:
        first = LENGTH - HELD + 1
        await peer.welcome(seq=LENGTH, first=first)
        for seq in range(first, LENGTH + 1):
            await peer.send(event(seq))
        while True:
            frame = await peer.receive()
            if isinstance(frame, Send):
                self.said.append(frame.text)
                continue
            assert isinstance(frame, Older)
            self.asked.append((frame.before, frame.limit))
            if not self.silent:
                start = max(1, frame.before - frame.limit)
                events = [event(seq) for seq in range(start, frame.before)]
                await peer.send(Page(before=frame.before, events=events, more=start > 1))


@pytest.fixture
def paged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[TutorChat, Pages, Scripted]]:
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    pages = Pages()
    with Scripted(pages) as server:
        chat = TutorChat(server.url, session=SESSION)
        yield chat, pages, server
        chat.close()


def test_no_more_comes_than_was_asked_for(paged: tuple[TutorChat, Pages, Scripted]) -> None:
    """Of 902 events 250 are asked for, in pages of at most 200: 250 come."""
    chat, pages, _ = paged
    assert chat.older(250) == 250
    assert pages.asked == [(403, 200), (203, 50)]
    assert [item["seq"] for item in chat.history] == list(range(153, LENGTH + 1))


def test_all_of_it_comes_before_a_conversation_is_saved(
    paged: tuple[TutorChat, Pages, Scripted], tmp_path: Path
) -> None:
    """Page by page until there are no more, in order; none of it is held or shown after that."""
    chat, pages, _ = paged
    text = chat.export(tmp_path / "all.md").read_text("utf-8")
    assert [f"<{seq}>" in text for seq in range(1, LENGTH + 1)] == [True] * LENGTH
    assert pages.asked == [(403, 200), (203, 200), (3, 200)]
    assert [item["seq"] for item in chat.history] == list(range(LENGTH - HELD + 1, LENGTH + 1))
    assert chat.older() == 100
    assert len(pages.asked) == 4
    assert "Earlier messages are not in this file." not in text


def test_the_page_hears_that_there_are_earlier_messages(
    paged: tuple[TutorChat, Pages, Scripted],
) -> None:
    """And, when all of them are here, that there are no more."""
    chat, _, _ = paged
    assert chat.older(1) == 1
    assert chat._view["older"] is True
    assert chat.older(LENGTH) == LENGTH - HELD - 1
    assert chat._view["older"] is False


def test_a_page_that_never_comes_is_given_up(
    paged: tuple[TutorChat, Pages, Scripted], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says so; the next try is not told of what an earlier one has waited for."""
    chat, pages, _ = paged
    assert chat.older(1) == 1
    monkeypatch.setattr(older, "WITHIN", 0.05)
    pages.silent = True
    listeners = len(chat._client._listeners)
    with pytest.raises(Unreachable, match="Try again when it is back"):
        chat.older(1)
    assert len(chat._client._listeners) == listeners


def test_who_waits_for_a_page_hears_that_the_connection_is_lost(
    paged: tuple[TutorChat, Pages, Scripted], monkeypatch: pytest.MonkeyPatch
) -> None:
    """At once, and not when the time for a page is over."""
    chat, pages, server = paged
    assert chat.older(1) == 1
    monkeypatch.setattr(older, "WITHIN", 600.0)
    pages.silent = True
    asking = asyncio.run_coroutine_threadsafe(older.fetch(chat._client, 1), get_loop())
    until(lambda: len(pages.asked) == 2)
    server.cut()
    with pytest.raises(Unreachable):
        asking.result(20)
    # Without a connection nobody asks at all.
    call_on_loop(lambda: chat._client.happened(ev.Left()))
    with pytest.raises(Unreachable):
        chat.older(1)
    assert len(pages.asked) == 2


def test_a_piece_of_a_file_that_cannot_be_is_refused(
    paged: tuple[TutorChat, Pages, Scripted], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A format that there is none of, a start before the start; the pieces are the whole file."""
    chat, _, _ = paged
    chat.older(LENGTH)

    def ask(**question: object) -> dict[str, object]:
        answer: dict[str, object] = chat._wait_for(
            commands.QUESTIONS["file"](chat._chat, dict(question))  # type: ignore[arg-type]
        )
        return answer

    for format, start in (("pdf", 0), ("md", -1)):
        with pytest.raises((ValueError, Refused)):
            ask(format=format, **{"from": start})
    whole = str(ask(format="json", **{"from": 0})["text"])
    assert json.loads(whole)["events"][-1]["seq"] == LENGTH
    monkeypatch.setattr(downloads, "PIECE", len(whole) // 2 + 1)
    first = ask(format="json", **{"from": 0})
    last = ask(format="json", **{"from": first["next"]})
    assert ask(format="json", **{"from": last["next"]}) == {"text": "", "next": None}
    saved = json.loads(str(first["text"]) + str(last["text"]))
    assert saved["events"] == json.loads(whole)["events"]
    monkeypatch.setattr(downloads, "PIECE", len(str(first["text"]) + str(last["text"])))
    assert ask(format="json", **{"from": 0})["next"] is None


# --- an answer that came while the learner was away -----------------------------------------------


class Grown:
    """Acknowledges a message, breaks off, and comes back with 900 events behind the answer."""

    def __init__(self, *, acknowledges: bool, has_news: bool = False) -> None:
        self.acknowledges = acknowledges
        self.has_news = has_news
        self.news = asyncio.Event()
        self.said: list[str] = []
        self.id = ""
        self.asked: list[int] = []

    def event(self, seq: int) -> Event:
        if seq == 1:
            return Event(1, self.id, "learner", "6 * 7?", 0, "complete")
        if seq == 2:
            return Event(2, "a", "tutor", "42", 0, "complete", self.id)
        return event(seq)

    async def __call__(self, peer: Peer) -> None:
        if not self.id:
            await peer.welcome()
            said = await peer.receive()
            assert isinstance(said, Send)
            self.id = said.id
            if self.acknowledges:
                await peer.send(self.event(1))
            return
        first = LENGTH - HELD + 1
        await peer.welcome(seq=LENGTH, first=first, reset=True)
        for seq in range(first, LENGTH + 1):
            await peer.send(self.event(seq))
        while True:
            frame = await peer.receive()
            if isinstance(frame, Older):
                self.asked.append(frame.before)
                start = max(1, frame.before - frame.limit)
                page = [self.event(seq) for seq in range(start, frame.before)]
                await peer.send(Page(before=frame.before, events=page, more=start > 1))
                if self.has_news:
                    await self.news.wait()
                    for seq in range(LENGTH + 1, LENGTH + 4):
                        await peer.send(self.event(seq))
            elif isinstance(frame, Send):
                self.said.append(frame.text)
                await peer.send(self.event(1))  # it was committed already


@pytest.mark.parametrize("acknowledges", [True, False])
def test_an_answer_that_lies_before_the_replayed_page_is_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, acknowledges: bool
) -> None:
    """Whoever waits for it gets it, also if the message was acknowledged only afterwards."""
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    server = Grown(acknowledges=acknowledges)
    with Scripted(server) as at:
        chat = TutorChat(at.url, session=SESSION)
        assert chat.ask_blocking("6 * 7?", 30).text == "42"
        assert server.asked == [403, 203, 3]
        chat.close()


def _has_sought(chat: TutorChat) -> bool:
    seeking = chat._chat._seeking
    return seeking is not None and seeking.done()


def test_what_was_looked_for_in_vain_is_not_looked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a log that is too large to be held, older events are asked for once."""
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(transcript, "MAX_HELD", 0)  # but the newest event
    server = Grown(acknowledges=True, has_news=True)
    with Scripted(server) as at:
        chat = TutorChat(at.url, session=SESSION)
        answer = chat._ask("6 * 7?")
        until(lambda: bool(server.asked) and _has_sought(chat))
        at.loop.call_soon_threadsafe(server.news.set)
        until(lambda: chat._client.session.transcript.last == LENGTH + 3)
        chat.say("and?")  # behind whatever was asked before
        until(lambda: server.said == ["and?"])
        assert server.asked == [LENGTH]
        assert not answer.done()
        chat.close()


def test_a_message_that_waits_asks_for_no_older_page(
    paged: tuple[TutorChat, Pages, Scripted],
) -> None:
    """No log has it yet, and so no page its answer."""
    chat, pages, _ = paged
    assert chat.older(1) == 1
    answer = chat._ask("and?")  # which this server never acknowledges
    until(lambda: pages.said == ["and?"])
    assert chat.older(1) == 1
    assert pages.asked == [(403, 1), (402, 1)]
    assert not answer.done()
