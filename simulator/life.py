"""What people and faults can do, and random schedules of it."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from simulator.client import Client
from simulator.endings import AT_THE_DOOR, MISDIRECTED, POISONOUS, RETRIED
from simulator.witness import Witness
from simulator.world import SESSION, World
from tutor_widget import wire
from tutor_widget.session import Ending, Kind, Phase
from tutor_widget.session import events as ev

CONNECTED = (Phase.GREETING, Phase.REPLAYING, Phase.LIVE)
FLEETING = (Phase.DIALING, Phase.GREETING, Phase.REPLAYING, Phase.RENEWING)
NUDGES = (ev.Nudge.BUTTON, ev.Nudge.MESSAGE, ev.Nudge.BROWSER)  # waking up comes of `freeze`
MISDIRECTED_CODES = tuple(ending.code for ending in MISDIRECTED if ending.kind is Kind.CLOSED)
FAREWELLS = (*RETRIED, *RETRIED, 4401, 4429, 4403, 4404, 4409)


class Life:
    """What can be done to a world. Each deed is harmless where it makes no sense."""

    def __init__(self, seed: int) -> None:
        self.world = World(seed)
        self.server = self.world.server
        self.witness = Witness(self.world)
        self.ada = self._join("ada")
        self.bob = self._join("bob")

    def _join(self, name: str) -> Client:
        client = Client(self.world, name, SESSION)
        self.witness.watch(client)
        self.world.clients.append(client)
        return client

    def begin(self) -> None:
        for client in (self.ada, self.bob):
            client.start()
        self.pass_time(1.0)

    def pass_time(self, seconds: float) -> None:
        self.world.run(seconds)

    # --- people ---------------------------------------------------------------------------------

    def type(self, client: Client, count: int, text: str = "words") -> None:
        for _ in range(count):
            client.type(f"{text} {len(client.typed)}")

    def discard(self, client: Client, which: int) -> None:
        waiting = list(client.session.outgoing.messages)
        if waiting:
            client.discard(waiting[which % len(waiting)])

    def retry(self, client: Client, which: int) -> None:
        waiting = list(client.session.outgoing.messages)
        if waiting:
            client.step(ev.Retried(waiting[which % len(waiting)]))

    def stop(self, client: Client, which: int) -> None:
        ids = client.typed[-5:]
        client.step(ev.Stopped(ids[which % len(ids)] if ids and which % 3 else None))

    def nudge(self, client: Client, by: ev.Nudge) -> None:
        self.witness.allowance += 1
        client.nudge(by)

    def leave_and_return(self, client: Client) -> None:
        self.witness.allowance += 1
        if client.session.phase is Phase.CLOSED:
            client.start()
        else:
            client.leave()

    def older(self, client: Client) -> None:
        client.step(ev.OlderWanted(50))

    def tick(self, client: Client) -> None:
        """A timer that rings early does no harm."""
        client.step(ev.Ticked())

    def adopt(self, client: Client) -> None:
        client.step(ev.Loaded(()))

    def renew_late(self, client: Client) -> None:
        """A token comes that nobody waits for any more."""
        client.step(ev.Renewed("new"))

    def trickle(self, client: Client) -> None:
        """Some bytes come, which are no frame yet."""
        link = client.link
        if link is not None and link.down and client.session.phase in CONNECTED:
            link.tell_client(ev.Heard(link.dial))

    # --- faults ---------------------------------------------------------------------------------

    def cut(self) -> None:
        self.witness.allowance += 1
        self.world.cut()

    def go_silent(self, client: Client, up: bool, down: bool) -> None:
        self.witness.allowance += 1
        if client.link is not None and (up or down):
            client.link.go_silent(up=up, down=down)

    def stall(self, client: Client, seconds: float) -> None:
        self.witness.allowance += 1
        if client.link is not None:
            client.link.stall(seconds)

    def part(self) -> None:
        self.witness.allowance += 1
        self.world.dials_are_lost = not self.world.dials_are_lost
        if self.world.dials_are_lost:
            self.world.half_open()

    def crash_client(self, client: Client, **how: Any) -> None:
        self.witness.allowance += 1
        client.crash(**how)

    def crash_together(self, **how: Any) -> None:
        """Everybody's process dies at once, and they begin anew at once."""
        self.witness.allowance += 1
        for client in self.world.clients:
            client.crash(**how)

    def freeze(self, client: Client, seconds: float) -> None:
        self.witness.allowance += 1
        client.freeze(seconds)

    def crash_server(self, *, swallow: bool = False) -> None:
        self.witness.allowance += 1
        if self.server.is_up:
            self.server.crash(swallow=swallow)
        else:
            self.server.start()

    def restore(self, *, lose: bool = False) -> None:
        """A crash after which the log is an older copy, or another one."""
        self.witness.allowance += 1
        if not self.server.is_up:
            return
        self.server.copy()
        self.pass_time(2.0)
        self.server.crash(swallow=True)
        if lose:
            self.server.lose()
        else:
            self.server.restore()
        self.world.later(1.0, self.start_server)

    def erase(self) -> None:
        self.witness.allowance += 1
        if self.server.is_up:
            self.server.erase()

    def restart_politely(self, retry_after: float, spread: float) -> None:
        self.witness.allowance += 1
        if self.server.is_up:
            self.server.shut_down(retry_after, spread)
            self.world.later(retry_after, self.start_server)

    def start_server(self) -> None:
        if not self.server.is_up:
            self.server.start()

    def refuse_dials(self, endings: list[Ending]) -> None:
        self.witness.allowance += len(endings)
        self.world.refusals.extend(endings)

    def refuse_hellos(self, codes: list[int]) -> None:
        self.witness.allowance += len(codes)
        self.server.farewells.extend(codes)

    def close(self, client: Client, code: int) -> None:
        """The server closes a live connection."""
        self.witness.allowance += 1
        if client.link is not None and client.link.seat is not None:
            client.link.seat.close(code)

    def slow_down(self, seconds: float) -> None:
        """The next message is refused for a while."""

        def refuse(send: wire.Send) -> wire.Refused:
            self.server.refuse = lambda send: None
            return wire.Refused(send.id, "rate", "Slower.", seconds)

        self.server.refuse = refuse

    def refuse_for_good(self, client: Client) -> None:
        """A message that no server takes."""
        self.type(client, 1, "refused for good" + "!" * self.server.limits.text)

    def poison(self, client: Client, code: int | None) -> None:
        self.witness.allowance += 2 if code else 6
        text = f"poison {len(client.typed)}"
        self.server.poison[text] = code
        client.type(text)

    def flap(self, seconds: float) -> None:
        """Everybody is welcomed, and sent away."""
        self.witness.allowance += 10
        self.server.is_flapping = True
        self.world.cut()
        self.pass_time(seconds)
        self.server.is_flapping = False

    def get_stuck(self) -> None:
        """The server answers pings and takes nothing, until somebody starts it anew."""
        self.witness.allowance += 1
        if self.server.is_stuck and self.server.is_up:
            self.server.crash()
        self.server.is_stuck = not self.server.is_stuck
        self.start_server()

    def fill_disk(self) -> None:
        self.witness.allowance += 1
        self.world.disk.is_full = not self.world.disk.is_full

    def blow_fuse(self, calls: int) -> None:
        """Whoever uses the disk next is killed in the middle of it."""
        self.witness.allowance += 1
        self.world.disk.fuse = calls

    def jump(self, seconds: float) -> None:
        """The clock on the wall is set."""
        self.witness.allowance += 1
        self.world.wall += seconds

    def spoil_tokens(self, client: Client, outcomes: list[str]) -> None:
        client.tokens.extend(outcomes)

    def speak_up(self) -> None:
        """The tutor says something nobody asked for."""
        if self.server.is_up:
            self.server.say(SESSION, "By the way")

    def end(self) -> None:
        """No more faults; then everything must come out right."""
        world, server = self.world, self.server
        if server.is_stuck:
            self.get_stuck()
        world.dials_are_lost = world.disk.is_full = False
        world.disk.fuse = None
        world.refusals.clear()
        server.farewells.clear()
        server.poison.clear()
        server.refuse = lambda send: None
        for client in world.clients:
            client.tokens.clear()
            client.token_takes = 0.1
            client.on_phase = None
        self.pass_time(max(0.0, *(client.awake_at - world.now for client in world.clients)) + 12)
        self.start_server()
        self.witness.end()


Deed = tuple[float, Callable[[], None]]


class Schedule:
    """A random life: how the world is, and about how often each thing happens in it."""

    def __init__(self, seed: int) -> None:
        self.life = life = Life(seed)
        self.dice = dice = Random(seed)
        self.faults = 0
        """Deeds so far that were faults."""
        world, server = life.world, life.server
        world.latency = 10 ** dice.uniform(-2.5, -0.7)
        world.jitter = dice.choice([0.0, 0.5])
        world.bound = dice.choice([12, 1000, 1000])
        server.page = dice.choice([8, 40, 500])
        server.pace = 10 ** dice.uniform(-2, 0.3)
        server.limits = wire.Limits(text=200, unacked=dice.choice([1, 3, 64]))
        # From the dice's own seed: what older seeds show stays what it is.
        server.account, server.account_from = (
            (None, "the-account", "the-account")[seed % 3],
            seed % 3 - 1,
        )
        server.is_careless = dice.random() < 0.3
        is_shared = dice.random() < 0.3
        for client in world.clients:
            if is_shared:
                client.move("their")
            client.token_takes = dice.choice([0.1, 4.0])
            client.fsync_takes = 10 ** dice.uniform(-3, -0.5)
            client.on_phase = self._pounce

    def client(self) -> Client:
        """Somebody whose program runs."""
        there = [c for c in self.life.world.clients if not c.is_frozen]
        return self.dice.choice(there or self.life.world.clients)

    def live(self, deeds: int) -> None:
        """Let so many things happen, then let everything come right."""
        life, dice = self.life, self.dice
        if dice.random() < 0.3:
            self._trouble_at_the_door()
        for client in life.world.clients:  # before its program asked for a connection
            for _ in range(dice.randrange(3)):
                dice.choice(self._people(client))[1]()
            if dice.random() < 0.05:
                client.leave()
        life.begin()
        kinds = [(0.52, None), (0.34, self._people), (0.14, self._faults)]
        for _ in range(deeds):
            ((_, kind),) = dice.choices(kinds, [weight for weight, _ in kinds])
            if kind is None:
                life.pass_time(10 ** dice.uniform(-3, 0.9))
                continue
            choices = kind(self.client())
            ((_, deed),) = dice.choices(choices, [weight for weight, _ in choices])
            self.faults += kind == self._faults
            deed()
            life.witness.look()
        life.end()

    def _pounce(self, client: Client) -> None:
        """Some phases are over before anything happens in them, unless one aims at them."""
        life, dice, phase = self.life, self.dice, client.session.phase
        if phase not in FLEETING or dice.random() > 0.4:
            return
        span = client.token_takes if phase is Phase.RENEWING else life.world.latency
        deeds = self._people(client)
        if phase is Phase.RENEWING and dice.random() < 0.7:
            deeds = [(1, client.leave)]
            life.world.later(dice.uniform(0, span / 2), lambda: life.leave_and_return(client))
        elif dice.random() < 0.2:
            deeds = [(1, life.cut), (1, lambda: life.renew_late(client))]
        deed = dice.choice(deeds)[1]
        life.world.later(dice.random() * dice.uniform(0, span), lambda: client.when_awake(deed))

    def _trouble_at_the_door(self) -> None:
        dice = self.dice
        if dice.random() < 0.5:
            self.life.refuse_dials(dice.choices(MISDIRECTED + AT_THE_DOOR, k=dice.randint(1, 3)))
        else:
            self.life.refuse_hellos(
                dice.choices([*MISDIRECTED_CODES, *FAREWELLS], k=dice.randint(1, 2))
            )

    def _people(self, client: Client) -> list[Deed]:
        life, dice = self.life, self.dice
        return [
            (14, lambda: life.type(client, dice.randint(1, 3))),
            (3, lambda: life.discard(client, dice.randrange(9))),
            (2, lambda: life.retry(client, dice.randrange(9))),
            (1, lambda: life.retry(client, dice.randrange(9))),
            (3, lambda: life.stop(client, dice.randrange(9))),
            (4, lambda: life.nudge(client, dice.choice(NUDGES))),
            (1, lambda: life.leave_and_return(client)),
            (2, lambda: life.older(client)),
            (1, lambda: life.tick(client)),
            (1, lambda: life.adopt(client)),
            (1, life.speak_up),
            (1, lambda: life.trickle(client)),
            (1, lambda: life.refuse_for_good(client)),
        ]

    def _faults(self, client: Client) -> list[Deed]:
        life, dice = self.life, self.dice
        doors = MISDIRECTED + AT_THE_DOOR
        return [
            (3, life.cut),
            (4, lambda: life.go_silent(client, dice.random() < 0.7, dice.random() < 0.7)),
            (2, lambda: life.stall(client, 10 ** dice.uniform(-2, 1))),
            (2, life.part),
            (3, lambda: self._crash(client)),
            (3, lambda: life.crash_server(swallow=dice.random() < 0.5)),
            (1, lambda: life.restore(lose=dice.random() < 0.3)),
            (0.6, life.erase),
            (2, lambda: life.restart_politely(dice.uniform(0, 5), dice.uniform(0, 2))),
            (2, lambda: life.refuse_dials(dice.choices(doors, k=dice.randint(1, 2)))),
            (2, lambda: life.refuse_dials([Ending(Kind.HTTP, 401)] * dice.randint(1, 2))),
            (2, lambda: life.refuse_hellos(dice.choices(FAREWELLS, k=dice.randint(1, 2)))),
            (2, lambda: life.close(client, dice.choice(FAREWELLS))),
            (1, lambda: life.close(client, dice.choice(MISDIRECTED_CODES))),
            (3, lambda: life.slow_down(dice.uniform(0, 4))),
            (2, lambda: life.poison(client, dice.choice(POISONOUS))),
            (1, lambda: life.poison(client, None)),
            (1, lambda: life.flap(dice.uniform(1, 30))),
            (1, life.get_stuck),
            (1, life.fill_disk),
            (1, lambda: life.blow_fuse(dice.randrange(12))),
            (1, self._crash_together),
            (2, lambda: life.freeze(client, 10 ** dice.uniform(-1, 2.3))),
            (1, lambda: life.jump(dice.uniform(-100, 100))),
            (2, lambda: self._spoil(client)),
        ]

    def _crash(self, client: Client) -> None:
        dice = self.dice
        away = dice.choice([0.0, 0.0, dice.uniform(0, 20)])
        self.life.crash_client(
            client, power=dice.random() < 0.5, away=away, moves=dice.random() < 0.3
        )

    def _crash_together(self) -> None:
        self.life.crash_together(
            power=self.dice.random() < 0.5, away=self.dice.choice([0.0, 5.0, 150.0])
        )

    def _spoil(self, client: Client) -> None:
        self.life.spoil_tokens(
            client, self.dice.choices(["none", "unreachable", "rubbish", "new"], k=2)
        )
        self.life.refuse_hellos([4401])
