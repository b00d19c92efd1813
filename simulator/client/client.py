"""A learner's program: the real session and the real journal, with a shell around them.

What `tutor_widget.client.client` does over asyncio, sockets and threads this does over the
simulated environment: it performs effects. `journal_task` keeps the journal.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from math import inf
from typing import Any, assert_never

from simulator.client.disk import Died, Disk
from simulator.client.journal_task import JournalTask
from simulator.client.page import Page
from simulator.network import Connection, Network
from tutor_widget import wire
from tutor_widget.client.clocks import GAP
from tutor_widget.errors import Refused
from tutor_widget.session import Phase, Session
from tutor_widget.session import effects as do
from tutor_widget.session import events as ev


class Client:
    """See the module. It begins with `start`, and begins anew after each `crash`.

    ``peers``: all clients whose journals lie on ``disk``, this one included.
    """

    def __init__(
        self, network: Network, disk: Disk, peers: Sequence[Client], name: str, session: str
    ) -> None:
        self.environment = network.environment
        self.name = name
        self.session_id = session
        self.connection: Connection | None = None
        self.page = Page()
        self.typed: list[str] = []
        """Ids, in order."""
        self.process_of: dict[str, int] = {}
        """Which of its processes an id was typed in."""
        self.requested: dict[str, ev.ReportRequested | ev.ErasureRequested] = {}
        """Reports and erasures, by the request's id."""
        self.epoch_of: dict[str, str | None] = {}
        """The epoch of the log that the page showed when a request was made."""
        self.discarded: set[str] = set()
        self.lost: set[str] = set()
        """Ids that a crash took before they were durable."""
        self.promised: set[str] = set()
        """Ids that were said to be durable."""
        self.erased: set[str] = set()
        """Ids, also of requests, that were deleted with their conversation."""
        self.dialled_at: list[float] = []
        self.frames: list[wire.ClientFrame] = []
        """What was transmitted."""
        self.steps = 0
        """Events that the session took."""
        self.tokens: deque[str] = deque()
        """What the source of the token will answer; then always "new"."""
        self.token_takes = 0.1
        self.fsync_takes = 0.005
        self.bound = 1000
        """Events that the sessions of its next processes hold."""
        self.machine = f"{name}'s"
        self.chance = 0.0
        """What the session was given as chance in the last step."""
        self.started_at = -inf
        self.awake_at = 0.0
        self._deferred: deque[Callable[[], object]] = deque()
        """What came while it was frozen. What is under way is among it."""
        self.before_step: Callable[[Client, ev.Happened], Callable[[], None]] | None = None
        """A check that is called before each step; what it returns is called after the step."""
        self.on_phase: Callable[[Client], None] | None = None
        """Called when the session has entered another phase."""
        self._network = network
        self._disk = disk
        self.peers = peers
        self._processes = 0
        self._alarm = 0
        self._begin_process()

    def _begin_process(self) -> None:
        self._processes += 1
        self.session = Session(
            self.session_id,
            f"{self.name}-{self._processes}",
            now=self.environment.now,
            client="world/1",
            bound=self.bound,
        )
        self.is_requested = False
        """The program asks for a connection."""
        self.is_new = True
        """Its journal has not been looked at yet."""
        self.page.reload()
        # Few numbers, so that two machines use one, and one machine uses it again.
        alive = self._disk.alive
        free = [n for n in range(2, 6) if (self.machine, n) not in alive]
        self.process = self.environment.random.choice(free)
        alive[self.machine, self.process] = self._disk.clock()
        with self.on_disk():
            self.journal_task = JournalTask(self, self._disk, self.session_id)
        self.recalled = self._disk.account
        """The account that it knows before a welcome."""
        self.step(ev.AccountRecalled(self.recalled))

    # --- what people do -------------------------------------------------------------------------

    def start(self) -> None:
        if self.is_new:
            self.is_new = False
            self.started_at = self.environment.now
            try:
                self.journal_task.adopt()
            except Died:
                self.crash(away=1.0)
                return
        if self.session.phase not in (Phase.IDLE, Phase.CLOSED):
            return  # the program has left meanwhile
        self.is_requested = True
        self.step(ev.Started())

    def leave(self) -> None:
        self.is_requested = False
        self.step(ev.Left())

    def type(self, text: str, **context: Any) -> str:
        id = f"{self.name}-m{len(self.typed) + 1}"
        self.typed.append(id)
        self.process_of[id] = self._processes
        try:
            self.step(ev.Typed(id, text, self.clock, context or None))
        except Refused:
            self.typed.remove(id)
            raise
        return id

    def discard(self, id: str) -> None:
        self.discarded.add(id)
        self.step(ev.Discarded(id))

    def request(self, event: ev.ReportRequested | ev.ErasureRequested) -> None:
        """Report an answer, or delete the conversation. Raises what the session raises."""
        epoch = self.session.transcript.epoch
        self.step(event)
        waiting = self.session.requests.waiting
        if event.id in waiting:
            replaced = self.requested.keys() - waiting.keys() - self.promised
            self.lost |= replaced  # nobody was told that they are durable
            self.requested[event.id] = event
            self.epoch_of[event.id] = epoch

    def nudge(self, by: ev.Nudge = ev.Nudge.BUTTON) -> None:
        self.is_requested = self.is_requested or by is ev.Nudge.BUTTON
        self.step(ev.Nudged(by))

    def crash(self, *, power: bool = False, away: float = 0.0, moves: bool = False) -> None:
        """The process dies; another begins with what was durable.

        ``power``: what was not synced is lost, too. ``away``: seconds until it begins. ``moves``:
        on another machine, from which no one can tell whether the old process lives.
        """
        self.environment.record(self.name, f"crashes {power=} {away=:.1f} {moves=}")
        if self.connection is not None:
            self.connection.abandon()
            self.connection = None
        del self._disk.alive[self.machine, self.process]
        if power:
            self._disk.lose_power()
            self._count_unsynced()
        if moves:
            self.machine += "'"
        waiting = (*self.session.outgoing.messages, *self.session.requests.waiting)
        self.lost |= set(waiting) - self._disk.waiting()
        self._alarm += 1
        self._begin_process()
        if away:
            self.soon(away, self.start)
        else:
            self.start()

    def _count_unsynced(self) -> None:
        """What was written but not synced is lost. No client was told that it is safe."""
        living = [client for client in self.peers if client is not self]
        there = self._disk.waiting().union(
            *(c.session.outgoing.messages for c in living),
            *(c.session.requests.waiting for c in living),
        )
        for client in self.peers:
            client.lost |= {*client.typed, *client.requested} - client.promised - there

    def move(self, machine: str) -> None:
        """Let it run on that machine. Only before it starts."""
        alive = self._disk.alive
        del alive[self.machine, self.process]
        self.machine = machine
        while (machine, self.process) in alive:
            self.process += 1
        alive[machine, self.process] = self._disk.clock()

    def freeze(self, seconds: float) -> None:
        """The process stops, as when a laptop sleeps or an extension holds the GIL."""
        self.awake_at = max(self.awake_at, self.environment.now + seconds)
        if seconds > GAP:
            self.soon(seconds, self._wake)

    def _wake(self) -> None:
        """Runs after what came over the network meanwhile, and before timers."""
        self.step(ev.Nudged(ev.Nudge.WAKE))

    def when_awake(self, act: Callable[[], object]) -> None:
        """Call ``act`` now, or after a freeze, in the order of the calls."""
        if self._deferred or self.is_frozen:
            self._deferred.append(act)
            if len(self._deferred) == 1:
                self.environment.call_at(self.awake_at, self._catch_up)
        else:
            act()

    def _catch_up(self) -> None:
        while self._deferred and not self.is_frozen:
            self._deferred[0]()
            self._deferred.popleft()
        if self._deferred:  # it is frozen for longer than it was to be
            self.environment.call_at(self.awake_at, self._catch_up)

    def _ring_when_awake(self, ring: Callable[[], object]) -> None:
        """Timers come behind the network."""
        if self.is_frozen:
            self.environment.call_at(self.awake_at + 0.001, lambda: self._ring_when_awake(ring))
        else:
            ring()

    @property
    def is_frozen(self) -> bool:
        return self.environment.now < self.awake_at

    @property
    def clock(self) -> int:
        """Unix ms, for what is typed."""
        return int(self.environment.wall_clock() * 1000)

    @property
    def journal(self) -> set[str]:
        """The ids that a new process would find."""
        return self._disk.waiting()

    @property
    def is_connected(self) -> bool:
        """The session is live, on a connection whose ends can reach each other."""
        connection = self.connection
        return self.session.phase is Phase.LIVE and connection is not None and connection.is_alive

    @property
    def is_idle(self) -> bool:
        """Nothing waits to be acknowledged, nor to be written."""
        messages = self.session.outgoing.messages.values()
        waits = any(m.status != "failed" for m in messages) or self.session.requests.waiting
        return not (self.journal_task.is_writing or waits)

    # --- the shell ------------------------------------------------------------------------------

    def step(self, event: ev.Happened) -> list[do.Effect]:
        self.environment.record(self.name, event)
        self.steps += 1
        after = self.before_step(self, event) if self.before_step is not None else None
        phase = self.session.phase
        self.chance = self.environment.random.random()
        effects = self.session.step(event, self.environment.now, self.chance)
        for effect in effects:
            if isinstance(effect, do.Change):
                self._show(effect)
            else:
                self._perform(effect)
        self._set_alarm()
        if after is not None:
            after()
        if self.on_phase is not None and self.session.phase is not phase:
            self.on_phase(self)
        return effects

    def _show(self, change: do.Change) -> None:
        # A failing journal is shown, and then nothing is promised.
        now, is_durable = self.environment.now, self.journal_task.is_safe
        self.page.show(change, self.session, now, is_durable=is_durable)

    def _set_alarm(self) -> None:
        self._alarm += 1
        alarm = self._alarm

        def ring() -> None:
            if alarm == self._alarm:
                self.step(ev.Ticked())

        if (at := self.session.wake_at) is not None:
            self.environment.call_at(at, lambda: self._ring_when_awake(ring))

    def _perform(self, command: do.Command) -> None:
        match command:
            case do.Dial(dial):
                self.dialled_at.append(self.environment.now)
                self.connection = self._network.dial(self, dial)
            case do.Transmit(frame):
                self.frames.append(frame)
                assert self.connection is not None
                self.connection.send(wire.encode(frame))
            case do.Ping():
                assert self.connection is not None
                self.connection.ping()
            case do.Close() | do.Abort():
                assert self.connection is not None
                self.connection.abandon()
                self.connection = None
            case do.Renew(dial):
                outcome: Any = self.tokens.popleft() if self.tokens else "new"
                self.soon(self.token_takes, lambda: self.step(ev.Renewed(dial, outcome)))
            case do.Save(entry):
                self.journal_task.save(entry)
            case do.Forget(id):
                self.journal_task.forget(id)
            case do.RememberAccount(account):
                self._disk.account = account
            case do.Erased(account):
                # The journals of earlier processes go with it, including what is of others.
                self.erased.update(*((*c.typed, *c.requested) for c in self.peers))
                self.journal_task.erase(account)
            case _:
                assert_never(command)

    @contextmanager
    def on_disk(self) -> Iterator[None]:
        """Let the journal's code run on the disk, as this process."""
        with self._disk.used_by(self.machine, self.process):
            yield

    def soon(self, delay: float, act: Callable[[], object], *, on_disk: bool = False) -> None:
        """Call ``act`` later, unless the process has died by then."""
        process = self._processes

        def run() -> None:
            if process != self._processes:
                return
            if not on_disk:
                act()
                return
            try:
                with self.on_disk():
                    act()
            except Died:
                self.crash(power=self.environment.random.random() < 0.5, away=1.0)

        self.environment.call_later(delay, lambda: self.when_awake(run))
