"""Random sequences of what people do and of faults, each from one seed.

schedule = Schedule(seed)
schedule.run()          # raises AssertionError if something is wrong
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from random import Random
from typing import Final

from simulator.environment import BEGINNING
from simulator.nodes.checks.nodes import check_outage
from simulator.nodes.learner import FATAL, Learner
from simulator.nodes.node import Node
from simulator.nodes.recovery import Recovery
from simulator.nodes.tutor import KINDS
from simulator.nodes.world import World

__all__ = ["Schedule"]

Choice = tuple[float, Callable[[], object]]
ACTIONS: Final = 40
FAULTY: Final = (
    "no JSON",
    '{"type":"send"}',
    '{"type":"hello","session":"s","instance":"i","dial":1,"client":"c"}',
    '{"type":"withdraw","id":"_of-the-server"}',
    b"bytes",
)


class Schedule:
    """One schedule of the world."""

    def __init__(self, seed: int) -> None:
        self.world = World(seed)
        self.faults: Counter[str] = Counter()
        self._random = Random(seed)
        self._is_over = False
        self.world.tutor.on_deadly = self._kill_soon
        self.world.tutor.on_sleepy = self._freeze_now
        self._lost: Node | None = None
        """Never starts again."""

    @property
    def trace(self) -> list[str]:
        """What happened so far, a line each."""
        return self.world.trace

    def run(self, actions: int = ACTIONS) -> None:
        """Take so many actions, then let everything recover, and check that it does."""
        world, random = self.world, self._random
        with world.running():
            for node in world.nodes:
                self._set_weather(node)
                node.start()
            world.run(0.5)
            for learner in world.learners:
                learner.is_careless = random.random() < 0.2
                self._come_back(learner)
            for _ in range(actions):
                kind = random.choices([self._pass_time, self._people, self._fault], [5, 4, 1.5])[0]
                kind()
            self._end()

    # --- time and people --------------------------------------------------------------------------

    def _pass_time(self) -> None:
        world = self.world
        world.run(10 ** self._random.uniform(-3, 0.9))
        for node in world.nodes:
            check_outage(node, world.settings.stalled)

    def _come_back(self, learner: Learner) -> None:
        """Connect, and whenever the connection ends connect again, somewhere, after a while."""
        random, world = self._random, self.world
        if learner.link is None and not learner.is_gone and learner.ended_with not in FATAL:
            if random.random() < 0.1:
                learner.connect(knows=False)
            else:
                learner.connect(last="a-lie" if random.random() < 0.05 else None)
        world.call_later(random.uniform(0.1, 2), lambda: self._come_back(learner))

    def _people(self) -> None:
        random = self._random
        learner = random.choice(self.world.learners)
        choices: list[Choice] = [
            (12, lambda: self._say(learner, random.randint(1, 4))),
            (2, lambda: learner.withdraw(random.randrange(9))),
            (2, learner.stop),
            (1, lambda: learner.older(random.randrange(300))),
            (1, lambda: learner.report(random.randrange(9))),
            (2, learner.leave),
            (1, lambda: learner.connect()),
            (1, lambda: learner.connect(leaves=False)),
            (1.5, learner.erase),
            (1, self.world.approve_held),
            (1, self.world.end_held),
        ]
        ((_, act),) = random.choices(choices, [weight for weight, _ in choices])
        act()

    def _say(self, learner: Learner, count: int) -> None:
        random = self._random
        for _ in range(count):
            if learner.is_gone:
                return
            kind = random.choice(KINDS)
            context = {"cell": "x = 1"} if random.random() < 0.2 else None
            match random.randrange(40):
                case 0:
                    learner.say(" ", context)
                case 1:
                    learner.say(f"{kind} {'long' * 60}", context)
                case _:
                    learner.say_of(kind, context)

    # --- faults -----------------------------------------------------------------------------------

    def _fault(self) -> None:
        random, world = self._random, self.world
        node, learner = random.choice(world.nodes), random.choice(world.learners)
        choices: list[tuple[float, str, Callable[[], object]]] = [
            (3, "kill", lambda: self._kill(node)),
            (2, "drain", lambda: self._drain(node)),
            (1, "freeze", lambda: node.freeze(10 ** random.uniform(-1, 1))),
            (1, "long freeze", lambda: node.freeze(random.uniform(10, 20))),
            (2, "weather", lambda: self._set_weather(node)),
            (2, "unreadable", lambda: self._fail(node, reads=True)),
            (1, "unwritable", lambda: self._fail(node, reads=False)),
            (2, "cut off", lambda: self._cut_off([node])),
            (1, "no database", self._restart_database),
            (3, "cut", lambda: self._cut(learner)),
            (2, "silence", lambda: self._silence(learner)),
            (2, "stall", lambda: self._stall(learner)),
            (1, "abuse", lambda: learner.shout(random.choice(FAULTY))),
            (1, "conflict", lambda: self._contradict(learner)),
        ]
        ((_, name, act),) = random.choices(choices, [weight for weight, _, _ in choices])
        self.faults[name] += 1
        world.record("fault", f"{name} {node.name} {learner.name}")
        act()

    def _kill(self, node: Node) -> None:
        if node.is_up:
            node.kill(swallow=self._random.random() < 0.5)
            self._start_later(node)

    def _kill_soon(self) -> None:
        """The process whose task this is dies in a moment."""
        (node,) = (node for node in self.world.nodes if node.is_current)
        loop = node.loop

        def kill() -> None:
            if node.loop is loop and not self._is_over:
                self._kill(node)

        self.world.call_later(self._random.uniform(0, 0.3), kill)

    def _freeze_now(self) -> None:
        """The process whose task this is stands still from now on, perhaps beyond its lease."""
        (node,) = (node for node in self.world.nodes if node.is_current)
        if not self._is_over:
            node.freeze(self._random.uniform(9, 14))

    def _drain(self, node: Node) -> None:
        if node.is_up:
            node.drain()
            self._start_later(node)

    def _start_later(self, node: Node) -> None:
        def start() -> None:
            if node is self._lost:
                return
            if not node.is_up and not node.is_cut_off:
                node.start()
            elif not node.is_up or node.is_ending:
                self.world.call_later(0.5, start)

        self.world.call_later(self._random.choice([0.1, self._random.uniform(0, 20)]), start)

    def _set_weather(self, node: Node) -> None:
        if not self._is_over:
            node.weather.change()

    def _fail(self, node: Node, *, reads: bool) -> None:
        until = self.world.now + 10 ** self._random.uniform(-1, 1.2)
        self.world.record(
            node.name, f"{'reads' if reads else 'writes'} fail until {until - BEGINNING:.1f}"
        )
        if reads:
            node.weather.unreadable_until = until
        else:
            node.weather.unwritable_until = until

    def _cut_off(self, nodes: Iterable[Node]) -> None:
        """The database is away: for one node, or for all if it starts anew."""
        random = self._random
        until = self.world.now + random.choice(
            [10 ** random.uniform(-1, 1), random.uniform(10, 25)]
        )
        for node in nodes:
            self.world.record(node.name, f"has no database until {until - BEGINNING:.1f}")
            node.weather.away_until = until

    def _restart_database(self) -> None:
        self._cut_off(self.world.nodes)
        if self._random.random() < 0.5:
            self.world.database.board.clear()

    def _cut(self, learner: Learner) -> None:
        if learner.link is not None:
            learner.link.cut()

    def _stall(self, learner: Learner) -> None:
        if learner.link is not None:
            learner.link.stall(self._random.uniform(0, 10))

    def _silence(self, learner: Learner) -> None:
        """Nothing arrives any more; the client gives the link up after a while."""
        if (link := learner.link) is not None:
            link.go_silent()
            self.world.call_later(
                self._random.uniform(1, 8),
                lambda: learner.leave() if learner.link is link else None,
            )

    def _contradict(self, learner: Learner) -> None:
        """Send another text under an id that is in the log."""
        ids = [event.id for event in learner.events if event.id.startswith(learner.name)]
        if ids and learner.link is not None:
            learner.shout(f'{{"type":"send","id":"{self._random.choice(ids)}","text":"other"}}')

    # --- the end ----------------------------------------------------------------------------------

    def _end(self) -> None:
        """The faults are over, but that one node may be gone for good: the others take over."""
        self._is_over = True
        nodes = self.world.nodes
        if len(nodes) > 1 and self._random.random() < 0.5:
            self._lost = node = self._random.choice(nodes)
            if node.is_up:
                node.kill(swallow=self._random.random() < 0.5)
        Recovery(self.world, self._random, self._lost).run()
