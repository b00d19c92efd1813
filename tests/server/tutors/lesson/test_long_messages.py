"""The largest messages, in every shape, over a real server: other learners do not wait for them.

`benchmarks/tutor.py` measures the times.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.long_messages import LARGEST, messages
from tests.support.paths import ROOT
from tests.support.servers.peers import Peer, peer, serving
from tutor_widget.server.tutors.lesson import LessonTutor

pytestmark = pytest.mark.timeout(150)
LESSONS = ROOT / "tests/server/tutors/lesson/samples/lessons"
STEPS = 8
"""Of the lesson's ten, so that some are left while a shape's messages are answered."""
SAMPLED = 0.001
"""Seconds between two looks at how long a turn has had the thread."""
FLOOR = 0.002
"""Seconds of the thread below which a turn of the loop counts as this long: they vary."""


class LongestTurn:
    """While entered: the longest that one turn of the event loop has had the thread, in s."""

    async def __aenter__(self) -> LongestTurn:
        self.seconds = 0.0
        self._watching = asyncio.create_task(self._watch())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._watching.cancel()
        await asyncio.gather(self._watching, return_exceptions=True)

    async def _watch(self) -> None:
        # A sample may have several turns, but those are short together. Without a pause, sampling
        # would take the thread while the messages wait for the disk.
        while True:
            before = time.thread_time()
            await asyncio.sleep(SAMPLED)
            self.seconds = max(self.seconds, time.thread_time() - before)


async def longest_turn(text: str, writer: Peer, other: Peer, names: Iterator[str]) -> float:
    """The longest turn while this is answered, and a message of another session: the best of 3."""
    turns = []
    for name in itertools.islice(names, 3):
        async with LongestTurn() as turn:
            await writer.say("send", id=name, text=text)
            await other.say("send", id=name, text="again")
            await asyncio.gather(writer.answer(name), other.answer(name))
        turns.append(max(turn.seconds, FLOOR))
    return min(turns)


async def skip(steps: int, writer: Peer, names: Iterator[str]) -> None:
    for name in itertools.islice(names, steps):
        await writer.say("send", id=name, text="skip")
        await writer.answer(name)


async def test_a_turn_of_the_loop_grows_no_faster_than_the_message(tmp_path: Path) -> None:
    """At the largest size, four times the bytes take four times as long, and not sixteen times."""
    pairs = zip(messages(LARGEST // 4), messages(), strict=True)
    names = map("m{}".format, itertools.count())
    grown = {}
    async with (
        serving(tmp_path / "db", LessonTutor(LESSONS, pace=0)) as server,
        peer(server.url) as other,
    ):
        await other.hello("b" * 22)
        for number, ((shape, small), (_, large)) in enumerate(pairs):
            async with peer(server.url) as writer:
                await writer.hello(f"{number:022}")
                await skip(number % STEPS, writer, names)
                before = await longest_turn(small, writer, other, names)
                grown[shape] = await longest_turn(large, writer, other, names) / before
    assert {shape: ratio for shape, ratio in grown.items() if ratio > 8} == {}
