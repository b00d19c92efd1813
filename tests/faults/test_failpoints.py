"""`kill -9` of the server at chosen moments: around a commit, in a group of writes, in a reply."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidMessage

from tests.support.faults.failpoints import MOMENTS
from tests.support.servers.peers import PATIENCE, peer
from tests.support.servers.processes import Tutor

pytestmark = pytest.mark.timeout(600)

SESSIONS = [f"session-number-{number}-of-those-cut" for number in range(3)]


class Learner:
    """Says its messages until each is answered; remembers what was acknowledged, as what."""

    def __init__(self, session: str) -> None:
        self.session = session
        self.said: list[str] = []
        self.told: dict[int, dict[str, Any]] = {}

    async def talk(self, url: str, dial: int, *, more: bool) -> None:
        """Send all that is not in the log; with ``more``, and ever more, until the server dies."""
        with contextlib.suppress(ConnectionClosed, OSError, InvalidMessage):
            async with peer(url) as client:
                welcome = await client.hello(self.session, dial=dial)
                for event in await client.events(welcome["seq"]):
                    self._hear(event)
                known = {event["id"] for event in self.told.values()}
                for message in self.said:
                    if message not in known:
                        await client.say("send", id=message, text=message)
                while more or self._waits():
                    while more and self._waits() < 3:
                        self.said.append(f"m{len(self.said)}")
                        await client.say("send", id=self.said[-1], text=self.said[-1])
                    self._hear(await client.next("event"))

    def _waits(self) -> int:
        answered = {event.get("re") for event in self.told.values()}
        return sum(message not in answered for message in self.said)

    def _hear(self, event: dict[str, Any]) -> None:
        """What was ever told is durable, and stays what it was."""
        assert self.told.setdefault(event["seq"], event) == event

    def check(self) -> None:
        log = [self.told[seq] for seq in sorted(self.told)]
        assert [event["seq"] for event in log] == list(range(1, 2 * len(self.said) + 1))
        assert [event["id"] for event in log if event["role"] == "learner"] == self.said
        assert sorted(event["re"] for event in log if "re" in event) == sorted(self.said)


async def live(server: Tutor, learners: list[Learner], dial: int, *, more: bool) -> None:
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*(one.talk(server.url, dial, more=more) for one in learners))


@pytest.mark.parametrize("moment", MOMENTS)
async def test_whatever_the_moment_every_message_is_answered_once(
    tmp_path: Path, pytestconfig: pytest.Config, moment: str
) -> None:
    """Nothing acknowledged is lost or changed, nothing is stored or answered twice."""
    learners = [Learner(session) for session in SESSIONS]
    numbers = range(1, 21) if pytestconfig.getoption("--all") else (2, 7, 20)
    options = ("--tutor", "tests.support.faults.failpoints:FailpointTutor")
    for number in numbers:
        failpoint = {"FAILPOINT": f"{moment}:{number}"}
        with Tutor(tmp_path / "tutor.sqlite", *options, environment=failpoint) as server:
            await live(server, learners, number, more=True)
            assert await server.ended() == -signal.SIGKILL
    with Tutor(tmp_path / "tutor.sqlite", *options) as server:
        await live(server, learners, 99, more=False)
    for learner in learners:
        learner.check()
    assert sum(len(learner.said) for learner in learners) >= 3 * len(SESSIONS)
