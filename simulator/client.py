"""A learner's program: the real session and the real journal, with a shell around them.

What `client.client` does over asyncio, sockets and threads this does over the world: it
performs effects, writes the journal in groups, adopts what earlier lives left. Beside the session
it keeps what a page would show if it only believed the changes it was told of.
"""

from __future__ import annotations

import functools
from collections import Counter, deque
from collections.abc import Callable
from math import inf
from typing import Any, assert_never

from simulator.disk import Died
from simulator.world import Link, World
from tutor_widget import wire
from tutor_widget.client.clocks import GAP
from tutor_widget.client.outbox import TOUCH_EVERY, Outbox, _read
from tutor_widget.session import Message, Phase, Reply, Session
from tutor_widget.session import effects as do
from tutor_widget.session import events as ev


class Client:
    """See the module. It begins with `start`, and begins anew after each `crash`."""

    def __init__(self, world: World, name: str, session: str) -> None:
        self.world = world
        self.name = name
        self.link: Link | None = None
        self.typed: list[str] = []
        """Ids, in order."""
        self.life_of: dict[str, int] = {}
        """In which of its lives an id was typed."""
        self.discarded: set[str] = set()
        self.lost: set[str] = set()
        """Ids that a crash took before they were durable."""
        self.promised: set[str] = set()
        """Ids that were said to be durable."""
        self.told_gone: set[str] = set()
        self.told_committed: list[str] = []
        self.settled: set[str] = set()
        """Ids that left the queue, and it was told why."""
        self.failed: set[str] = set()
        """Ids that were ever set aside or refused for good."""
        self.dialled_at: list[float] = []
        self.frames: list[wire.ClientFrame] = []
        self.tokens: deque[str] = deque()
        """What the source of the token will answer; then always "new"."""
        self.token_takes = 0.1
        self.fsync_takes = 0.005
        self.machine = f"{name}'s"
        self.chance = 0.0
        """What the die showed at the last step."""
        self.started_at = -inf
        self.awake_at = 0.0
        self.before_step: Callable[[Client, ev.Happened], Callable[[], None]] | None = None
        """What a witness wants to know: called before a step, what it returns after it."""
        self.on_phase: Callable[[Client], None] | None = None
        """Called when the session has entered another phase."""
        self._life = 0
        self._session_id = session
        self._alarm = 0
        self._be_born()

    def _be_born(self) -> None:
        self._life += 1
        self.session = Session(
            self._session_id,
            f"{self.name}-{self._life}",
            now=self.world.now,
            client="world/1",
            bound=self.world.bound,
        )
        self.is_wanted = False
        self.is_new = True
        """Its journal has not been looked at yet."""
        self.view: list[wire.Event] = []
        self.shown_queue: dict[str, Message] = {}
        self.shown_reply: Reply | None = None
        self.shown_state: dict[str, Any] = {}
        self.shown_status = "connecting"
        self.changes: Counter[type] = Counter()
        self.warning = False
        # Few numbers, so that two machines use one, and one machine uses it again.
        alive = self.world.disk.alive
        free = [n for n in range(2, 6) if (self.machine, n) not in alive]
        self.process = self.world.random.choice(free)
        alive[self.machine, self.process] = self.world.disk.clock()
        with self.world.disk.used_by(self.machine, self.process):
            self._outbox = Outbox(self.world.disk.folder, self._session_id)
        self._put: dict[str, Message] = {}
        self._gone: set[str] = set()
        self._is_writing = self._is_tending = self._foreign = False

    # --- what people do -------------------------------------------------------------------------

    def start(self) -> None:
        if self.is_new:
            self.is_new = False
            self.started_at = self.world.now
            try:
                self._adopt()
            except Died:
                self.crash(away=1.0)
                return
        if self.session.phase not in (Phase.IDLE, Phase.CLOSED):
            return  # the program has decided something else meanwhile
        self.is_wanted = True
        self.step(ev.Started())

    def leave(self) -> None:
        self.is_wanted = False
        self.step(ev.Left())

    def type(self, text: str, **context: Any) -> str:
        id = f"{self.name}-m{len(self.typed) + 1}"
        self.typed.append(id)
        self.life_of[id] = self._life
        self.step(ev.Typed(id, text, self.clock, context or None))
        return id

    def discard(self, id: str) -> None:
        self.discarded.add(id)
        self.step(ev.Discarded(id))

    def nudge(self, by: ev.Nudge = ev.Nudge.BUTTON) -> None:
        self.is_wanted = self.is_wanted or by is ev.Nudge.BUTTON
        self.step(ev.Nudged(by))

    def crash(self, *, power: bool = False, away: float = 0.0, moves: bool = False) -> None:
        """The process dies; another begins with what was durable.

        ``power``: what was not synced is lost, too. ``away``: seconds until it begins. ``moves``:
        on another machine, from which nobody can tell whether the old process lives.
        """
        self.world.tell(self.name, f"crashes {power=} {away=:.1f} {moves=}")
        if self.link is not None:
            self.link.abandon()
            self.link = None
        del self.world.disk.alive[self.machine, self.process]
        if power:
            self.world.disk.lose_power()
            self._count_unsynced()
        if moves:
            self.machine += "'"
        self.lost |= self.session.outgoing.messages.keys() - self.world.disk.waiting()
        self._alarm += 1
        self._be_born()
        if away:
            self._soon(away, self.start)
        else:
            self.start()

    def _count_unsynced(self) -> None:
        """What the dead had written and not synced, whoever they were, was promised to nobody."""
        clients = self.world.clients
        there = self.world.disk.waiting().union(*(c.session.outgoing.messages for c in clients))
        for client in clients:
            client.lost |= set(client.typed) - client.promised - there

    def move(self, machine: str) -> None:
        """It runs on that machine, from its first moment on."""
        alive = self.world.disk.alive
        del alive[self.machine, self.process]
        self.machine = machine
        while (machine, self.process) in alive:
            self.process += 1
        alive[machine, self.process] = self.world.disk.clock()

    def freeze(self, seconds: float) -> None:
        """The process stops, as when a laptop sleeps or somebody holds the GIL."""
        self.awake_at = max(self.awake_at, self.world.now + seconds)
        if seconds > GAP:
            self._soon(seconds, self._wake)

    def _wake(self) -> None:
        """Between what came over the network meanwhile and what the clock says."""
        self.step(ev.Nudged(ev.Nudge.WAKE))

    def when_awake(self, act: Callable[[], object], behind: float = 0.0) -> None:
        """Now, or when it goes on: what came over the network before what the clock says."""
        if self.world.now < self.awake_at + behind and self.is_frozen:
            wait = self.awake_at + behind - self.world.now
            self.world.later(wait, lambda: self.when_awake(act, behind))
        else:
            act()

    @property
    def is_frozen(self) -> bool:
        return self.world.now < self.awake_at

    @property
    def clock(self) -> int:
        """Unix ms, for what is typed."""
        return int((self.world.now + self.world.wall) * 1000)

    @property
    def journal(self) -> set[str]:
        """The ids that a new process would find."""
        return self.world.disk.waiting()

    @property
    def is_settled(self) -> bool:
        if self.is_new:
            return False
        if not self.is_wanted or self.session.phase is Phase.FAILED:
            return True
        if self.session.phase is not Phase.LIVE or self.link is None or not self.link.is_alive:
            return False
        waiting = [m for m in self.session.outgoing.messages.values() if m.status != "failed"]
        log = self.world.server.log(self._session_id)
        return (
            not waiting
            and not log.unanswered
            and self.session.transcript.last == len(log.events)
            and not self._is_writing
        )

    # --- the shell ------------------------------------------------------------------------------

    def step(self, event: ev.Happened) -> list[do.Effect]:
        self.world.tell(self.name, event)
        self.world.steps += 1
        after = self.before_step(self, event) if self.before_step is not None else None
        phase = self.session.phase
        self.chance = self.world.roll()
        effects = self.session.step(event, self.world.now, self.chance)
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

    def _set_alarm(self) -> None:
        self._alarm += 1
        alarm = self._alarm

        def ring() -> None:
            if alarm == self._alarm:
                self.step(ev.Ticked())

        if (at := self.session.wake_at) is not None:
            wait = max(0.0, at - self.world.now)
            self.world.later(wait, lambda: self.when_awake(ring, behind=0.001))

    def _perform(self, command: do.Command) -> None:
        match command:
            case do.Dial(dial):
                self.dialled_at.append(self.world.now)
                self.link = Link(self, dial)
                self.world.dial(self.link)
            case do.Transmit(frame):
                self.frames.append(frame)
                assert self.link is not None
                self.link.send(wire.encode(frame))
            case do.Ping():
                assert self.link is not None
                self.link.ping()
            case do.Close() | do.Abort():
                assert self.link is not None
                self.link.abandon()
                self.link = None
            case do.Renew():
                outcome: Any = self.tokens.popleft() if self.tokens else "new"
                self._soon(self.token_takes, lambda: self.step(ev.Renewed(outcome)))
            case do.Save(message):
                self._put[message.id] = message
                self._gone.discard(message.id)
                self._write_soon()
            case do.Forget(id):
                self._put.pop(id, None)
                self._gone.add(id)
                self._write_soon()
            case do.Erased(account):
                self._put, self._gone = {}, set()
                # The journals of the dead go with it, whoever typed what is in them.
                for client in self.world.clients:
                    self.world.server.unmade |= set(client.typed)
                erase = functools.partial(self._outbox.erase, account)
                self._soon(self.fsync_takes, erase, on_disk=True)
            case _:
                assert_never(command)

    def _soon(self, delay: float, act: Callable[[], object], *, on_disk: bool = False) -> None:
        """What is pending dies with the process."""
        life = self._life

        def run() -> None:
            if life != self._life:
                return
            if not on_disk:
                act()
                return
            try:
                with self.world.disk.used_by(self.machine, self.process):
                    act()
            except Died:
                self.crash(power=self.world.random.random() < 0.5, away=1.0)

        self.world.later(delay, lambda: self.when_awake(run))

    # --- the journal ----------------------------------------------------------------------------

    def _write_soon(self) -> None:
        """One turn of group commit: all that has gathered, one fsync."""
        if self._is_writing or not (self._put or self._gone or self.warning):
            return
        self._is_writing = True
        self._soon(0.0, self._begin_to_write)

    def _begin_to_write(self) -> None:
        put, gone = self._put, self._gone
        self._put, self._gone = {}, set()
        self._soon(self.fsync_takes, lambda: self._write(put, gone), on_disk=True)

    def _write(self, put: dict[str, Message], gone: set[str]) -> None:
        self._note_lapse()
        try:
            self._outbox.write(list(put.values()), sorted(gone))
            self.warning = False
            self.promised |= put.keys()
        except OSError as error:
            self.world.tell(self.name, f"cannot write its journal: {error}")
            self.warning = True
        self._is_writing = False
        self.step(ev.Saved(tuple(put)))
        if self._put or self._gone:
            self._write_soon()
        self._tend_later()

    def _tend_later(self) -> None:
        busy = not self._outbox.is_empty or self._foreign or self.warning
        if busy and not self._is_tending:
            self._is_tending = True
            self._soon(TOUCH_EVERY, self._tend, on_disk=True)

    def _tend(self) -> None:
        """Show that the owner lives; look for those that no longer do."""
        self._is_tending = False
        self._note_lapse()
        self._outbox.touch()
        self._adopt()
        if self.warning:
            self._write_soon()
        self._tend_later()

    def _note_lapse(self) -> None:
        if self._outbox.lapsed:
            self.step(ev.Orphaned())

    def _adopt(self) -> None:
        with self.world.disk.used_by(self.machine, self.process):
            self._look_around()
            messages, self._foreign = self._outbox.adopt(self.session.account)
        self._count_adopted()
        if messages:
            self.step(ev.Loaded(tuple(messages)))
        self._tend_later()

    def _look_around(self) -> None:
        met, what = self.world.disk.met, "of an equal process id on another machine"
        for path in self.world.disk.folder.glob("*.journal") if not met[what] else ():
            owner = _read(path)[1] or {}
            met[what] += owner.get("pid") == self.process and owner["machine"] != self.machine

    def _count_adopted(self) -> None:
        mine = self._outbox._orphans.keys()
        for other in self.world.clients:
            if other is self:
                continue
            theirs = other._outbox
            if theirs._path in mine and not other.is_new:
                self.world.disk.met["adopted though its owner lives"] += 1
            if mine & theirs._orphans.keys() and self.started_at == other.started_at:
                self.world.disk.met["adopted by two who start together"] += 1

    # --- the page -------------------------------------------------------------------------------

    def _show(self, change: do.Change) -> None:
        self.changes[type(change)] += 1
        transcript = self.session.transcript
        match change:
            case do.Committed(event):
                self.view.append(event)
                del self.view[: max(0, len(self.view) - transcript.bound)]
                if self.shown_queue.pop(event.id, None) is not None:
                    self.settled.add(event.id)
                self.told_committed.append(event.id)
            case do.HistoryReplaced():
                self.view.clear()
                self.shown_reply = transcript.reply
            case do.OlderArrived(events):
                self.view[:0] = events
            case do.TakenBack(id):
                self.shown_queue.pop(id, None)
                self.settled.add(id)
                if not self.warning:  # else the page says that nothing is certain
                    self.told_gone.add(id)
            case do.Acknowledged(id) | do.MovedAway(id):
                self.shown_queue.pop(id, None)
                self.settled.add(id)
            case do.QueueChanged():
                self.shown_queue = self.session.outgoing.shown
                self.failed |= {id for id, m in self.shown_queue.items() if m.status == "failed"}
            case do.ReplyChanged():
                self.shown_reply = transcript.reply
            case do.StateChanged():
                self.shown_state = transcript.state
            case do.ConnectionChanged():
                self.shown_status = self.session.connection_status(self.world.now).status
            case _:
                assert_never(change)
