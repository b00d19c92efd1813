"""The end of a schedule: the faults are over, everything recovers, and nothing is missing."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Final

from simulator.nodes.checks.ending import is_answered, unsettled
from simulator.nodes.checks.frames import ConnectionChecks
from simulator.nodes.checks.streams import StreamChecks
from simulator.nodes.learner import Learner
from simulator.nodes.node import Node
from simulator.nodes.tutor import STREAM
from simulator.nodes.world import World

__all__ = ["Recovery"]

LAST_FAULT: Final = 3.0
"""Seconds for which a node may not be able to read when all else is well again."""
TAKE_OVER: Final = 10.0 + 3.0
"""Seconds within which a node takes over what another has left: the lease, and the poll."""
QUIET: Final = 15.0
"""Seconds after which nothing has changed any more."""
_MOMENT: Final = 2.0
"""Seconds in which a message is answered everywhere."""
_LOOK: Final = 0.1
"""Seconds between two looks."""


class Recovery:
    """Lets the world recover. ``lost`` never comes back."""

    def __init__(self, world: World, random: Random, lost: Node | None) -> None:
        self._world = world
        self._random = random
        self._nodes = [node for node in world.nodes if node is not lost]

    def run(self) -> None:
        world = self._world
        is_away = self._random.random() < 0.5
        self._heal()
        if is_away:
            for learner in world.learners:
                learner.leave()
                learner.ended_with = 4404
        self._approve_later()
        is_over = self._wait(lambda: is_answered(world.database), self._patience())
        assert is_over, "what waits is not answered"
        for learner in world.learners:
            learner.ended_with = None
        assert self._wait_until_settled(), f"not settled: {self._unsettled()}"
        if self._random.random() < 0.5:
            self._stream()
        world.run(QUIET)
        # Not at once: who is crowded out may come for a moment, and say what it has to say.
        assert self._wait(self._is_settled, _MOMENT), f"settled no more: {self._unsettled()}"

    def _heal(self) -> None:
        world = self._world
        world.tutor.is_quick = True
        recovered = max(node.frozen_until for node in world.nodes)
        for node in world.nodes:
            node.weather.calm_down()
        world.run(max(0.0, recovered - world.now))
        assert self._wait(lambda: all(node.is_steady for node in self._nodes), 60), "no end"
        if self._random.random() < 0.3:  # once more, for what goes wrong only at the very end
            self._random.choice(self._nodes).weather.unreadable_until = world.now + LAST_FAULT
        for learner in world.learners:
            if learner.link is not None and not learner.link.is_alive:
                learner.leave()

    def _approve_later(self) -> None:
        self._random.choice([self._world.approve_held, self._world.end_held])()
        self._world.call_later(0.3, self._approve_later)

    # --- a reply that goes on ---------------------------------------------------------------------

    def _stream(self) -> None:
        """Everybody sees a reply grow, on whatever node, also who comes later."""
        speaker = self._random.choice(self._world.learners)
        if speaker.is_gone or speaker.welcome is None or not self._is_served(speaker):
            return
        message_id = speaker.say_of(STREAM)
        group = [one for one in self._world.learners if _share(one, speaker)]
        checks = StreamChecks(self._world.tutor.attempts, message_id, group)
        assert self._wait(checks.has_begun, self._patience()), "a stream does not begin"
        checks.look()
        self._world.run(StreamChecks.SOON)
        checks.check()
        self._random.choice(group).connect()
        checks.look()
        self._world.run(StreamChecks.SOON)
        checks.check()
        self._world.tutor.ends_streams = True
        assert self._wait_until_settled(), f"not settled: {self._unsettled()}"

    def _is_served(self, learner: Learner) -> bool:
        """Whether its node has its connection too. One for whom there is no room may be welcomed
        for a moment, and does not know yet that it was sent away.
        """
        newest = learner.name, learner.dials
        hellos = (one.hello for one in self._connections())
        return any(one is not None and (one.instance, one.dial) == newest for one in hellos)

    # --- waiting ----------------------------------------------------------------------------------

    def _wait(self, holds: Callable[[], bool], within: float) -> bool:
        """Let time pass until ``holds()``, at most so many seconds. Returns whether it does."""
        end = self._world.now + within
        while not (is_so := holds()) and self._world.now < end:
            self._world.run(_LOOK)
        return is_so

    def _wait_until_settled(self) -> bool:
        return self._wait(self._is_settled, 60 + self._patience())

    def _patience(self) -> float:
        """How long it may take at most until everything that waits is answered."""
        waiting = sum(len(one.waiting) for one in self._world.database.sessions.values())
        drafts = sum(len(learner.drafts) for learner in self._world.learners)
        rate = self._world.settings.rate
        return TAKE_OVER + LAST_FAULT + 0.5 * waiting + (drafts * 60 / rate if rate else drafts)

    def _is_settled(self) -> bool:
        return is_answered(self._world.database) and not self._unsettled()

    def _unsettled(self) -> list[str]:
        world = self._world
        most = world.settings.instances
        return unsettled(world.learners, world.database, self._connections(), most)

    def _connections(self) -> list[ConnectionChecks]:
        """Those that are open, as the nodes see them."""
        return [one for node in self._nodes for one in node.connections]


def _share(one: Learner, other: Learner) -> bool:
    return (one.account, one.session) == (other.account, other.session)
