"""`kill -9` again and again, of the server and of the kernel, while learners type."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.children import Child, until
from tests.support.learners import Account, compare, unanswered
from tests.support.servers.processes import Tutor

LEARNERS = [f"learner-{number:02}" for number in range(20)]
SETTLED_WITHIN = 90.0


class Classroom:
    """A server that may be killed, and learners in a process that may be killed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._database = folder / "tutor.sqlite"
        self._lives = 0
        self.tutor = Tutor(self._database, "--tutor=echo", "--pace=400")
        self.tutor.start()
        try:
            self.kernel = self._kernel()
        except BaseException:
            self.tutor.kill()
            raise

    def close(self) -> None:
        self.kernel.kill()
        self.tutor.kill()

    def kill_kernel(self) -> None:
        """Kill the learners' process, and start it anew with its journals."""
        self.kernel.kill()
        self.kernel = self._kernel()

    def _kernel(self) -> Child:
        self._lives += 1
        kernel = Child(self._folder)
        kernel.run("from tests.support.learners import Room")
        place = f"{self.tutor.url!r}, {LEARNERS!r}, {str(self._folder)!r}"
        kernel.run(f"room = Room({place}, seed={self._lives}, every=0.5); room.go()")
        return kernel

    def settle(self) -> Account:
        """Let all come to rest, and hold what was typed against what is stored."""
        self.kernel.run("room.pause()")
        # The chats hold the newest events only: a busy machine may have more to answer than those.
        while left := unanswered(self._database):
            until(lambda left=left: unanswered(self._database) < left)  # type: ignore[misc]
        assert self.kernel.run(f"room.rest({SETTLED_WITHIN})", 2 * SETTLED_WITHIN) == []
        views = self.kernel.run("room.views()")
        assert self.tutor.stop() == 0
        return compare(self._database, self._folder, views)


@pytest.fixture
def classroom(tmp_path: Path) -> Iterator[Classroom]:
    room = Classroom(tmp_path)
    yield room
    room.close()


def cycles(config: pytest.Config, few: int, all_: int) -> int:
    return all_ if config.getoption("--all") else few


def check(account: Account, kills: int) -> None:
    print(f"\n{kills} kills: {account}")
    assert account.messages >= kills
    assert account.is_right, account


@pytest.mark.timeout(1500)
def test_a_server_killed_under_load_loses_and_doubles_nothing(
    classroom: Classroom, pytestconfig: pytest.Config
) -> None:
    """Twenty learners type; what was shown as queued is stored once, in order, answered once."""
    chance = random.Random(5)
    kills = cycles(pytestconfig, 10, 500)
    for _ in range(kills):
        # Some of the learners have had an acknowledgement since the last kill, and some have not:
        # one whom five kills in a row hit within two seconds of sending would suspect the message.
        assert classroom.kernel.run(f"room.wait_for_news({chance.randrange(20, 80)}, 30)")
        classroom.tutor.kill()
        classroom.tutor.start()
    check(classroom.settle(), kills)


@pytest.mark.timeout(900)
def test_a_kernel_killed_under_load_loses_and_doubles_nothing(
    classroom: Classroom, pytestconfig: pytest.Config
) -> None:
    """Its next life finds in the journals what the last one had promised."""
    chance = random.Random(6)
    kills = cycles(pytestconfig, 5, 100)
    for number in range(kills):
        assert classroom.kernel.run(f"room.wait_for_news({chance.randrange(1, 40)}, 30)")
        if number % 3 == 2:  # in an outage, when all that is typed waits in the journals
            classroom.tutor.kill()
            classroom.kernel.run("room.wait_for_queued(10)")
        classroom.kill_kernel()
        if number % 3 == 2:
            classroom.tutor.start()
    check(classroom.settle(), kills)
