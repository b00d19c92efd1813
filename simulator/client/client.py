"""A learner's program: the real session and the real journal, with a shell around them.

What `tutor_widget.client.client` does over asyncio, sockets and threads this does over the
simulated environment: it performs effects, writes the journal in groups, and adopts the journals of
earlier processes.
"""

from __future__ import annotations

import functools
from collections import deque
from collections.abc import Callable, Sequence
from math import inf
from typing import Any, assert_never

from simulator.client.disk import Died, Disk
from simulator.client.page import Page
from simulator.network import Connection, Network
from tutor_widget import wire
from tutor_widget.client.clocks import GAP
from tutor_widget.client.storage.journal import TOUCH_EVERY, Journal
from tutor_widget.client.storage.records import read
from tutor_widget.errors import Refused
from tutor_widget.session import Entry, Phase, Session
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
        """Ids that were deleted with their conversation."""
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
        self.before_step: Callable[[Client, ev.Happened], Callable[[], None]] | None = None
        """A check that is called before each step; what it returns is called after the step."""
        self.on_phase: Callable[[Client], None] | None = None
        """Called when the session has entered another phase."""
        self._network = network
        self._disk = disk
        self._peers = peers
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
        with self._disk.used_by(self.machine, self.process):
            self._journal = Journal(self._disk.folder, self.session_id)
        self._put: dict[str, Entry] = {}
        self._gone: set[str] = set()
        self._is_writing = self._is_tending = self._foreign = self._journal_fails = False
        self._erasure_fails = False
        self.recalled = self._disk.account
        """The account that it knows before a welcome."""
        self.step(ev.AccountRecalled(self.recalled))

    # --- what people do -------------------------------------------------------------------------

    def start(self) -> None:
        if self.is_new:
            self.is_new = False
            self.started_at = self.environment.now
            try:
                self._adopt()
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
            self._soon(away, self.start)
        else:
            self.start()

    def _count_unsynced(self) -> None:
        """What was written but not synced is lost. No client was told that it is safe."""
        living = [client for client in self._peers if client is not self]
        there = self._disk.waiting().union(
            *(c.session.outgoing.messages for c in living),
            *(c.session.requests.waiting for c in living),
        )
        for client in self._peers:
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
            self._soon(seconds, self._wake)

    def _wake(self) -> None:
        """Runs after what came over the network meanwhile, and before timers."""
        self.step(ev.Nudged(ev.Nudge.WAKE))

    def when_awake(self, act: Callable[[], object], behind: float = 0.0) -> None:
        """Call ``act`` now, or ``behind`` s after a freeze: timers come behind the network."""
        if self.environment.now < self.awake_at + behind and self.is_frozen:
            wait = self.awake_at + behind - self.environment.now
            self.environment.call_later(wait, lambda: self.when_awake(act, behind))
        else:
            act()

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
        return not (self._is_writing or waits)

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
        now, is_durable = self.environment.now, not self._journal_fails
        self.page.show(change, self.session, now, is_durable=is_durable)

    def _set_alarm(self) -> None:
        self._alarm += 1
        alarm = self._alarm

        def ring() -> None:
            if alarm == self._alarm:
                self.step(ev.Ticked())

        if (at := self.session.wake_at) is not None:
            wait = max(0.0, at - self.environment.now)
            self.environment.call_later(wait, lambda: self.when_awake(ring, behind=0.001))

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
                self._soon(self.token_takes, lambda: self.step(ev.Renewed(dial, outcome)))
            case do.Save(entry):
                self._put[entry.id] = entry
                self._gone.discard(entry.id)
                self._write_soon()
            case do.Forget(id):
                self._put.pop(id, None)
                self._gone.add(id)
                self._write_soon()
            case do.RememberAccount(account):
                self._disk.account = account
            case do.Erased(account):
                self._put = {}
                # The journals of earlier processes go with it, including what others typed.
                self.erased |= {id for client in self._peers for id in client.typed}
                erase = functools.partial(self._erase, account)
                self._soon(self.fsync_takes, erase, on_disk=True)
            case _:
                assert_never(command)

    def _soon(self, delay: float, act: Callable[[], object], *, on_disk: bool = False) -> None:
        """Call ``act`` later, unless the process has died by then."""
        process = self._processes

        def run() -> None:
            if process != self._processes:
                return
            if not on_disk:
                act()
                return
            try:
                with self._disk.used_by(self.machine, self.process):
                    act()
            except Died:
                self.crash(power=self.environment.random.random() < 0.5, away=1.0)

        self.environment.call_later(delay, lambda: self.when_awake(run))

    # --- the journal ----------------------------------------------------------------------------

    def _write_soon(self) -> None:
        """One turn of group commit: all that has gathered, one fsync."""
        if self._is_writing or not (self._put or self._gone or self._journal_fails):
            return
        self._is_writing = True
        self._soon(0.0, self._begin_to_write)

    def _begin_to_write(self) -> None:
        put, gone = self._put, self._gone
        self._put, self._gone = {}, set()
        self._soon(self.fsync_takes, lambda: self._write(put, gone), on_disk=True)

    def _write(self, put: dict[str, Entry], gone: set[str]) -> None:
        self._note_lapse()
        try:
            self._journal.write(list(put.values()), sorted(gone))
            self._journal_fails = False
            self.promised |= put.keys()
        except OSError as error:
            self.environment.record(self.name, f"cannot write its journal: {error}")
            self._journal_fails = True
        self._is_writing = False
        self.step(ev.Saved(tuple(put)))
        if self._put or self._gone:
            self._write_soon()
        self._tend_later()

    def _tend_later(self) -> None:
        fails = self._journal_fails or self._erasure_fails
        busy = not self._journal.is_empty or self._foreign or fails
        if busy and not self._is_tending:
            self._is_tending = True
            self._soon(TOUCH_EVERY, self._tend, on_disk=True)

    def _tend(self) -> None:
        """Show that the owner lives; adopt the journals of those that do not."""
        self._is_tending = False
        self._note_lapse()
        self._journal.touch()
        self._adopt()
        if self._journal_fails:
            self._write_soon()
        if self._erasure_fails:
            self._erase()
        self._tend_later()

    def _erase(self, *accounts: str | None) -> None:
        found, failure = self._journal.erase(*accounts)
        self._erasure_fails = failure is not None
        if found:
            self.step(ev.Loaded(tuple(found)))
        self._tend_later()

    def _note_lapse(self) -> None:
        if self._journal.lapsed:
            self.step(ev.Orphaned())

    def _adopt(self) -> None:
        with self._disk.used_by(self.machine, self.process):
            self._look_around()
            messages, self._foreign = self._journal.adopt(self.session.account)
        self._count_adopted()
        if messages:
            self.step(ev.Loaded(tuple(messages)))
        self._tend_later()

    def _look_around(self) -> None:
        met, what = self._disk.met, "of an equal process id on another machine"
        for path in self._disk.folder.glob("*.journal") if not met[what] else ():
            owner = read(path).owner or {}
            met[what] += owner.get("pid") == self.process and owner["machine"] != self.machine

    def _count_adopted(self) -> None:
        mine = self._journal.orphans._adopted.keys()
        for other in self._peers:
            if other is self:
                continue
            theirs = other._journal
            if theirs.path in mine and not other.is_new:
                self._disk.met["adopted though its owner lives"] += 1
            if mine & theirs.orphans._adopted.keys() and self.started_at == other.started_at:
                self._disk.met["adopted by two who start together"] += 1
