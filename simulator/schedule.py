"""Random schedules: which actions of the workload are taken, in which order, all from one seed."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Final

from simulator.client.client import Client
from simulator.endings import BEFORE_OPENING, MISDIRECTED, POISONOUS, RETRIED
from simulator.workload import Workload
from tutor_widget import wire
from tutor_widget.session import Ending, Kind, Phase
from tutor_widget.session import events as ev

ACTIONS: Final = 55
SHORT_PHASES: Final = (Phase.DIALING, Phase.GREETING, Phase.REPLAYING, Phase.RENEWING)
NUDGES: Final = (ev.Nudge.BUTTON, ev.Nudge.MESSAGE, ev.Nudge.BROWSER)
"""Waking up comes with `Workload.freeze`."""
MISDIRECTED_CODES: Final = tuple(
    ending.code for ending in MISDIRECTED if ending.kind is Kind.CLOSED
)
CLOSE_CODES: Final = (*RETRIED, *RETRIED, 4401, 4429, 4403, 4404, 4409)
FAULTY_FRAMES: Final = ("", "[]", "{", '{"type":"event"}', '{"type":"welcome","session":1}')

Choice = tuple[float, Callable[[], None]]
"""How likely an action is, relative to the others, and the action."""


class Schedule:
    """One random run: the properties of the world, and how often each action occurs in it."""

    def __init__(self, seed: int) -> None:
        self.workload = workload = Workload(seed)
        self._random = random = Random(seed)
        self.faults = 0
        """Actions so far that were faults."""
        world, server = workload.world, workload.server
        world.network.latency = 10 ** random.uniform(-2.5, -0.7)
        world.network.jitter = random.choice([0.0, 0.5])
        bound = random.choice([12, 1000, 1000])
        server.page = random.choice([8, 40, 500])
        server.pace = 10 ** random.uniform(-2, 0.3)
        server.limits = wire.Limits(text=200, unacked=random.choice([1, 3, 64]))
        # Drawn from the seed itself, so that older seeds keep their schedules.
        server.account, server.account_from = (
            (None, "the-account", "the-account")[seed % 3],
            seed % 3 - 1,
        )
        server.spread = random.choice([0.0, 0.0, 0.0, 2.0, 20.0])
        server.is_careless = random.random() < 0.3
        is_shared = random.random() < 0.3
        for client in world.clients:
            client.bound = bound
            if is_shared:
                client.move("their")
            client.token_takes = random.choice([0.1, 4.0])
            client.fsync_takes = 10 ** random.uniform(-3, -0.5)
            client.on_phase = self._interfere

    def _client(self) -> Client:
        """A client whose process is not frozen, if there is one."""
        running = [c for c in self.workload.world.clients if not c.is_frozen]
        return self._random.choice(running or self.workload.world.clients)

    @property
    def trace(self) -> list[str]:
        """What happened so far, a line each."""
        return self.workload.world.trace

    def run(self, actions: int = ACTIONS) -> None:
        """Take so many actions, then let everything recover."""
        workload, random = self.workload, self._random
        if random.random() < 0.3:
            self._refuse_first_dials()
        for client in workload.world.clients:  # before its program asked for a connection
            for _ in range(random.randrange(3)):
                random.choice(self._people(client))[1]()
            if random.random() < 0.05:
                client.leave()
        workload.begin()
        kinds = [(0.52, None), (0.34, self._people), (0.14, self._faults)]
        for _ in range(actions):
            ((_, kind),) = random.choices(kinds, [weight for weight, _ in kinds])
            if kind is None:
                workload.pass_time(10 ** random.uniform(-3, 0.9))
                continue
            choices = kind(self._client())
            ((_, action),) = random.choices(choices, [weight for weight, _ in choices])
            self.faults += kind == self._faults
            action()
            workload.invariants.check()
        workload.end()

    def _interfere(self, client: Client) -> None:
        """Act while the client is in a phase that is too short to be met by chance."""
        workload, random, phase = self.workload, self._random, client.session.phase
        if phase not in SHORT_PHASES or random.random() > 0.5:
            return
        span = client.token_takes if phase is Phase.RENEWING else workload.world.network.latency
        choices = self._people(client)
        if phase is Phase.RENEWING and random.random() < 0.7:
            choices = [(1, client.leave)]
            workload.world.call_later(
                random.uniform(0, span / 2), lambda: workload.leave_or_return(client)
            )
        elif random.random() < 0.2:
            choices = [(1, workload.cut), (1, lambda: workload.renew_late(client))]
        action = random.choice(choices)[1]
        workload.world.call_later(
            random.random() * random.uniform(0, span), lambda: client.when_awake(action)
        )

    def _refuse_first_dials(self) -> None:
        random = self._random
        if random.random() < 0.5:
            self.workload.refuse_dials(
                random.choices(MISDIRECTED + BEFORE_OPENING, k=random.randint(1, 3))
            )
        else:
            self.workload.refuse_hellos(
                random.choices([*MISDIRECTED_CODES, *CLOSE_CODES], k=random.randint(1, 2))
            )

    def _people(self, client: Client) -> list[Choice]:
        workload, random = self.workload, self._random
        return [
            (14, lambda: workload.type(client, random.randint(1, 3))),
            (3, lambda: workload.discard(client, random.randrange(9))),
            (2, lambda: workload.retry(client, random.randrange(9))),
            (1, lambda: workload.retry(client, random.randrange(9))),
            (3, lambda: workload.stop(client, random.randrange(9))),
            (4, lambda: workload.nudge(client, random.choice(NUDGES))),
            (1, lambda: workload.leave_or_return(client)),
            (2, lambda: workload.older(client)),
            (1, lambda: workload.tick(client)),
            (1, lambda: workload.adopt(client)),
            (0.5, lambda: workload.orphan(client)),
            (1, workload.notify),
            (1, lambda: workload.receive_bytes(client)),
            (1, lambda: workload.refuse_for_good(client)),
            (1.5, lambda: workload.report(client, random.randrange(99))),
            (1, lambda: workload.request_erasure(client, is_meant=random.random() < 0.15)),
            (0.5, lambda: workload.choose_language(client)),
        ]

    def _faults(self, client: Client) -> list[Choice]:
        workload, random = self.workload, self._random
        codes, endings = CLOSE_CODES, MISDIRECTED + BEFORE_OPENING
        return [
            (3, workload.cut),
            (4, lambda: workload.go_silent(client, random.random() < 0.7, random.random() < 0.7)),
            (2, lambda: workload.stall(client, 10 ** random.uniform(-2, 1))),
            (2, workload.partition),
            (3, lambda: self._crash(client)),
            (3, lambda: workload.crash_server(swallow=random.random() < 0.5)),
            (1, lambda: workload.restore(lose=random.random() < 0.3)),
            (0.6, workload.erase),
            (2, lambda: workload.restart_gracefully(random.uniform(0, 5), random.uniform(0, 2))),
            (2, lambda: workload.refuse_dials(random.choices(endings, k=random.randint(1, 2)))),
            (2, lambda: workload.refuse_dials([Ending(Kind.HTTP, 401)] * random.randint(1, 2))),
            (2, lambda: workload.refuse_hellos(random.choices(codes, k=random.randint(1, 2)))),
            (2, lambda: workload.close(client, random.choice(codes))),
            (1, lambda: workload.close(client, random.choice(MISDIRECTED_CODES))),
            (1, lambda: workload.leave_hole(client)),
            (0.5, lambda: workload.rename_event(client)),
            (1, lambda: workload.send_faulty_frame(client, random.choice(FAULTY_FRAMES))),
            (3, lambda: workload.slow_down(random.uniform(0, 4))),
            (2, lambda: workload.poison(client, random.choice(POISONOUS))),
            (1, lambda: workload.poison(client, None)),
            (1, lambda: workload.flap(random.uniform(1, 30))),
            (1, workload.get_stuck),
            (1, workload.fill_disk),
            (1, lambda: workload.kill_on_disk(random.randrange(12))),
            (1, self._crash_together),
            (2, lambda: workload.freeze(client, 10 ** random.uniform(-1, 2.3))),
            (1, lambda: workload.set_clock(random.uniform(-100, 100))),
            (2, lambda: self._refuse_token(client)),
        ]

    def _crash(self, client: Client) -> None:
        random = self._random
        away = random.choice([0.0, 0.0, random.uniform(0, 20)])
        self.workload.crash_client(
            client, power=random.random() < 0.5, away=away, moves=random.random() < 0.3
        )

    def _crash_together(self) -> None:
        self.workload.crash_together(
            power=self._random.random() < 0.5, away=self._random.choice([0.0, 5.0, 150.0])
        )

    def _refuse_token(self, client: Client) -> None:
        self.workload.queue_tokens(
            client, self._random.choices(["none", "unreachable", "rubbish", "new"], k=2)
        )
        self.workload.refuse_hellos([4401])
