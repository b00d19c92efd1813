"""The client in the kernel: performs what the session decides, and tells it what happens.

A `Client` joins one session to its connection, its journal and its listeners. It lives on the loop
of `client.loop`, and `client.registry` makes it.
"""

from __future__ import annotations

import asyncio
import random
import secrets
import time
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Final, assert_never

from tutor_widget.client.net.connection import Connection
from tutor_widget.client.net.endpoint import Place, Renewal, Target
from tutor_widget.client.outbox.journal import Journal
from tutor_widget.client.outbox.journal_task import JournalTask
from tutor_widget.client.outbox.unowned import origin_of, outbox
from tutor_widget.client.storage.accounts import recall_account, remember_account
from tutor_widget.client.storage.disk import post_to_disk, run_on_disk
from tutor_widget.client.storage.folders import digest, user_name
from tutor_widget.codes import Notice
from tutor_widget.errors import Closed, Refused
from tutor_widget.secret import Secret
from tutor_widget.session import Phase, Session
from tutor_widget.session import effects as do
from tutor_widget.session import events as ev
from tutor_widget.wire import Event, without_surrogates

from .answers import Answers
from .clocks import Alarm
from .limits import check_message, check_reason, check_room
from .loop import report_error

BOUND: Final = 1000
"""Events held, unless a chat asked for older ones."""

# The system's own source of chance: kernels forked from one parent must not retry in step, and the
# generator of `random` belongs to the program.
_random: Final = random.SystemRandom()

Listener = Callable[[list[do.Change]], None]


class Client:
    """See the module. Not to be made directly: `registry.open_client`.

    ``account``: see `Session`. ``on_end`` is called when the last listener has gone, ``on_account``
    soon after the client became live under an account or got messages that may be another's,
    ``on_look`` when journals of other processes were looked for while the client is live.
    """

    def __init__(
        self,
        target: Target,
        session: str,
        name: str,
        account: str | None,
        *,
        on_end: Callable[[Client], None],
        on_account: Callable[[Client], None],
        on_look: Callable[[Client], None],
    ) -> None:
        self.target = target
        self.session = Session(
            session,
            secrets.token_hex(8),
            now=time.monotonic(),
            client=name,
            bound=BOUND,
            account=account,
        )
        self._on_end = on_end
        self._on_account = on_account
        self._on_look = on_look
        self._listeners: list[Listener] = []
        self._connection: Connection | None = None
        self._token: Secret | None = None  # of the last dial
        self._live_dial = 0  # the last one that became live
        self._alarm = Alarm(
            lambda: self._take(ev.Ticked()), lambda: self._take(ev.Nudged(ev.Nudge.WAKE))
        )
        self._answers = Answers()
        journal = Journal(
            outbox(),
            digest(target.key, session, user_name()),
            target.credentials,
            lambda: origin_of(target.key, session, target.credentials),
        )
        self._journal = JournalTask(journal, self)
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False
        self._successor: Client | None = None
        self._moving: dict[str, Client] = {}  # messages to save, and which client still has them
        self.paging = asyncio.Lock()
        """Held while older events are asked for: one page at a time."""
        self.on_erased: list[Callable[[str, bool], None]] = []
        """Called when the server says that the session was erased: with its id, and whether
        something of another account waits in it."""

    # --- start and end --------------------------------------------------------------------------

    def start(self, after: asyncio.Task[None] | None) -> asyncio.Task[None]:
        """Adopt what earlier clients left, then connect. Returns the journal's task.

        ``after``: the task of the same session's last journal, which must be closed first.
        """
        return self._spawn(self._keep_journal(after))

    async def _keep_journal(self, after: asyncio.Task[None] | None) -> None:
        if after is not None:
            await asyncio.wait([after])
        # First: what the journals hold is judged by it.
        target = self.target
        account = await run_on_disk(recall_account, target.key, target.credentials)
        self._take(ev.AccountRecalled(account))
        await self._journal.run(self._connect_first)

    def _connect_first(self) -> None:
        if self.session.phase is Phase.IDLE:  # else the program has decided meanwhile
            self._take(ev.Started())

    @property
    def current(self) -> Client:
        """This client, or the one that it has handed over to."""
        client = self
        while client._successor is not None:
            client = client._successor
        return client

    def _spawn(self, coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def take_target(self, target: Target) -> None:
        """Use another chat's target: its token may be newer, and is tried if need be."""
        self.target = target
        if self.session.status in ("failed", "closed"):
            self._take(ev.Nudged(ev.Nudge.BUTTON))

    def listen(self, listener: Listener) -> None:
        """Call the listener, on the loop, with all changes from now on."""
        self._listeners.append(listener)

    def release(self, listener: Listener) -> None:
        """Remove the listener; with the last one the connection ends."""
        if listener not in self._listeners:
            return
        self._listeners.remove(listener)
        if not self._listeners:
            self._end()

    def _end(self) -> None:
        self._on_end(self)
        self.close()

    def send_what_waits(self, then: Callable[[], None]) -> None:
        """Stay until this client can send nothing more. Call ``then`` if nothing at all waits then.

        Other processes may have said something in the session since the last look at their
        journals, so this begins with a new look. What failed and what belongs to other accounts
        goes on waiting in the journal.
        """

        def look(_changes: list[do.Change]) -> None:
            # Not at once: what belongs to another client's account moves there first.
            asyncio.get_running_loop().call_soon(leave)

        def leave() -> None:
            client = self.current
            if client._closed:
                return  # it does not learn any more what its journal finds
            if look in client._listeners and not client._can_send:
                may_wait = client._journal.may_find_more and not client.session.is_erased
                client.release(look)
                if not (may_wait or client._has_something):
                    then()

        self.listen(look)
        self._journal.look_again()
        look([])

    @property
    def _can_send(self) -> bool:
        """Whether something waits, or may be found in a journal, that this client may yet send."""
        if self.session.phase is Phase.FAILED:
            return False
        return self._journal.may_find_more or self.session.can_send

    @property
    def _has_something(self) -> bool:
        """Whether messages or requests wait, of whatever account."""
        waits = self.session.outgoing.messages or self.session.requests.waiting
        return bool(waits) or self._journal.has_passed_over

    @property
    def is_closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed

    def close(self) -> None:
        """End the connection with a close frame, save what waits; `closed` waits for both."""
        if self._closed:
            return
        self._take(ev.Left())
        self._closed = True
        self._journal.close()
        self._answers.close()

    async def closed(self) -> None:
        """Wait until it has ended."""
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._connection is not None:
            await self._connection.closed()

    def abandon(self) -> None:
        """In a forked child: let go of the connection, which lives on in the parent."""
        if self._connection is not None:
            self._connection.abandon()

    # --- what chats ask for ---------------------------------------------------------------------

    def say(
        self,
        id: str,
        text: str,
        context: dict[str, Any] | None = None,
        rev: int | None = None,
    ) -> None:
        """Queue a message under an id. An id that is known already changes nothing.

        ``rev``: see `Message`. Raises Closed, Refused for what no server would take and in a
        conversation that is deleted, QueueFull when too much waits.
        """
        self._check_open()
        queue = self.session.outgoing.messages
        if id in queue or self.session.transcript.holds(id):
            return
        text = without_surrogates(text)
        size = check_message(id, text, context, self.session.limits.text)
        check_room(queue.values(), size)
        self._take(ev.Typed(id, text, _unix_ms(), context, rev))

    def report(self, id: str, event: str, reason: str, *, share: bool = False) -> None:
        """Report the tutor's message ``event``. ``id`` names the request; again changes nothing.
        ``share``: teachers may read the conversation around it.

        Raises Closed, NotFound, Refused where the server takes no reports or for a long reason.
        Before the first welcome it is kept: if the server takes none, `warning` says so then.
        """
        reason = without_surrogates(reason)
        check_reason(reason)
        self.happened(ev.ReportRequested(id, event, reason, _unix_ms(), share))

    def erase(self, id: str) -> None:
        """Delete the conversation: durably requested, and asked of the server until it has done so.

        ``id`` names the request. Raises Closed, and Refused where the server does not delete.
        Before the first welcome it is kept, as a report is.
        """
        self.happened(ev.ErasureRequested(id, _unix_ms()))

    def answer(self, id: str) -> Future[Event]:
        """The tutor's answer to a message just said, when it comes."""
        return self._answers.expect(id)

    @property
    def needs_older(self) -> bool:
        """Whether an answer that is waited for may lie before the events held.

        A server replays the newest page; more may have been said while this client was away.
        """
        transcript, queue = self.session.transcript, self.session.outgoing.messages
        return (
            self.session.phase is Phase.LIVE
            and transcript.more
            and any(not transcript.holds(id) and id not in queue for id in self._answers.expected)
        )

    def happened(self, event: ev.Happened) -> None:
        """Pass on what the learner or the program did. Raises Closed."""
        self._check_open()
        self._take(event)

    def _check_open(self) -> None:
        if self._closed:
            raise Closed(code="chat_closed")

    # --- the session ----------------------------------------------------------------------------

    def _take(self, event: ev.Happened) -> None:
        if self._closed:
            return
        self._alarm.check()
        effects = self.session.step(event, time.monotonic(), _random.random())
        changes: list[do.Change] = []
        for effect in effects:
            if isinstance(effect, do.Change):
                changes.append(effect)
            else:
                self._perform(effect)
        self._alarm.set(self.session.wake_at)
        self._note_live()
        self._tell(changes, self._listeners)
        self._answers.settle(changes, self.session.outgoing)

    def _note_live(self) -> None:
        if self.session.phase is Phase.LIVE and self._live_dial != self.session.dial:
            self._live_dial = self.session.dial
            self._journal.adopt_soon()
            if self.session.account is not None:
                self._settle_account_soon()

    def _settle_account_soon(self) -> None:
        # Not at once: the present step may be one of a client that is about to end.
        asyncio.get_running_loop().call_soon(self._on_account, self)

    def _tell(self, changes: list[do.Change], listeners: Iterable[Listener]) -> None:
        for listener in list(listeners) if changes else ():
            # An earlier listener may have removed this one; and none may break the others.
            if listener in self._listeners:
                try:
                    listener(changes)
                except Exception as error:  # noqa: BLE001 - a front end may raise anything
                    report_error("A chat could not be told what happened", error)

    def _perform(self, command: do.Command) -> None:
        match command:
            case do.Dial(dial):
                self._connection = Connection(dial, self._locate, self._take)
            case do.Transmit(frame):
                if self._connection is not None:
                    self._connection.transmit(frame)
            case do.Ping():
                if self._connection is not None:
                    self._connection.ping()
            case do.Close(code, reason):
                if self._connection is not None:
                    self._connection.close(code, reason)
            case do.Abort():
                if self._connection is not None:
                    self._connection.abort()
            case do.Renew(dial):
                self._spawn(self._renew(dial))
            case do.Save(entry):
                self._journal.save(entry)
            case do.Forget(id):
                self._journal.forget(id)
            case do.RememberAccount(account):
                target = self.target
                post_to_disk(remember_account, target.key, target.credentials, account)
            case do.Erased(account):
                self._erase(account)
            case _:
                assert_never(command)

    def _erase(self, account: str | None) -> None:
        self._journal.erase(account)
        self._answers.end(Refused(code="erased"), but=self.session.outgoing.messages)
        for forget in self.on_erased:
            forget(self.session.session, self._has_something)

    async def _locate(self) -> Place:
        place = await self.target.locate()
        self._token = place.token
        return place

    async def _renew(self, dial: int) -> None:
        outcome: Renewal = "unreachable"
        try:
            outcome = await self.target.renew(self._token)
        except Exception as error:  # noqa: BLE001 - the session must learn that renewing ended
            # Without its text: that may be a token.
            wordless = RuntimeError(type(error).__name__).with_traceback(error.__traceback__)
            report_error("A token was not renewed because of an error in this program", wordless)
        self._take(ev.Renewed(dial, outcome))

    # --- the journal ----------------------------------------------------------------------------

    @property
    def journal_path(self) -> Path:
        """The file of the journal, which may not exist."""
        return self._journal.path

    @property
    def account(self) -> str | None:
        """See `Session.account`."""
        return self.session.account

    @property
    def warning(self) -> Notice | None:
        """What to tell the learner while something is wrong with the journal, or because the server
        does not do what was asked for before it was known."""
        refusal = self.session.refusal
        return self._journal.warning or (Notice(refusal, {}) if refusal else None)

    def warn(self) -> None:
        """Report that `warning` has changed."""
        self._tell([do.ConnectionChanged()], self._listeners)

    def journals_read(self) -> None:
        """No journals are left to find."""
        self._tell([do.QueueChanged()], self._listeners)

    def has_looked(self) -> None:
        """Journals of other sessions may wait as well, and the server is there to take them."""
        if self.session.phase is Phase.LIVE and not self._closed:
            self._on_look(self)

    def take_from_journal(self, event: ev.Loaded | ev.Saved | ev.Orphaned) -> None:
        """Pass on what the journal did."""
        self._take(event)
        if isinstance(event, ev.Loaded):
            self._settle_account_soon()
        elif isinstance(event, ev.Saved) and self._journal.is_safe:
            self._finish_moves()

    # --- clients of one account -----------------------------------------------------------------

    def take_over(self, older: Client, journal: asyncio.Task[None] | None) -> None:
        """Take over everything of the older client, and end it. ``journal``: the older's task."""
        listeners, older._listeners = older._listeners, []
        answers, older._answers = older._answers, Answers()
        older._successor = self
        older._end()
        self._listeners += listeners
        self.on_erased += older.on_erased
        transcript = self.session.transcript
        transcript.bound = max(transcript.bound, older.session.transcript.bound)
        self._answers.take(answers)
        requests = older.session.requests.waiting
        reported = tuple(older.session.requests.reported)
        self._take(ev.Inherited(older.session.outgoing, tuple(requests.values()), reported))
        self._journal.look_again()  # the older may not have ended the look that a listener awaits
        anew: list[do.Change] = [do.HistoryReplaced(transcript.last)]
        anew += map(do.Committed, transcript.events)
        anew += [do.QueueChanged(), do.ReplyChanged(), do.StateChanged(), do.ConnectionChanged()]
        self._tell(anew, listeners)
        self._answers.settle(anew, self.session.outgoing)  # those that came before
        if journal is not None:
            known = frozenset((*older.session.outgoing.messages, *requests))
            self._spawn(self._take_journal_after(journal, older, known))

    def claim_from(self, other: Client) -> None:
        """Take what the other client has of our account; it keeps that until we have saved it."""
        account = self.session.account
        assert account is not None
        queue = other.session.outgoing.part(account)
        requests = other.session.requests.of(account)
        if not (queue.messages or requests):
            return
        self._answers.take(other._answers, queue.messages)
        moving = (*queue.messages, *(request.id for request in requests))
        self._moving |= dict.fromkeys(moving, other)
        self._take(ev.Inherited(queue, tuple(requests)))
        self._journal.wake()

    def _finish_moves(self) -> None:
        # Every living message is in the journal, except those that still have to be written.
        for id, other in list(self._moving.items()):
            if not self._journal.is_unwritten(id):
                del self._moving[id]
                other.current._take(ev.HandedOver((id,)))

    async def _take_journal_after(
        self, journal: asyncio.Task[None], older: Client, known: frozenset[str]
    ) -> None:
        """Take the older's journal once it is closed: so nothing is lost if ours fails."""
        await asyncio.wait([journal])
        # We may have handed over meanwhile.
        self.current._journal.take_over(older._journal, known)


def _unix_ms() -> int:
    return time.time_ns() // 1_000_000
