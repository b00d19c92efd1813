"""Earlier messages, from a real server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.processes import Learner, Tutor
from tutor_widget import TutorChat, Unreachable, questions

SESSION = "a-long-conversation"
TURNS = 300


@pytest.fixture
def tutor(start_tutor: Callable[..., Tutor]) -> Tutor:
    """One whose log holds more than a server replays."""
    tutor = start_tutor("--tutor=echo", "--pace=0")
    with Learner(tutor.url, SESSION) as learner:
        for n in range(TURNS):
            learner.say(f"message {n}")
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
        return await asyncio.gather(*(chat._older(limit) for limit in limits))

    came = chat._wait_for(both())
    assert sum(came) == first - 1
    assert chat.history[0]["seq"] == 1
    assert chat.status == "connected"
    assert chat.connection["outage"] is None


def test_two_formats_may_be_saved_at_the_same_time(
    chat: TutorChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their pieces do not mix."""
    monkeypatch.setattr(questions, "_PIECE", 1_000)

    async def pieces(format: str) -> str:
        text, following = "", 0
        while following is not None:
            question = {"format": format, "from": following}
            piece = await questions.ANSWERS["file"](chat, question)
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
