"""The contract of a store: what it keeps for the server, and what it guarantees.

A store keeps for each session: its log of events, its state, the learner's messages that wait for
an answer, the number of attempts at each answer, the withdrawn ids, and the reports. Accounts own
sessions, and a store keeps what an account has used. Beside the sessions it keeps what was
published of them all, which holds no learner's words. `sqlite.SQLiteStore` is the engine that comes
with the package. Another engine needs the methods of `Store` and nothing else, and passes the tests
in ``tests/server/store`` (`tests.support.engines.ENGINES` names the engines).

The protocol depends on these guarantees:

* **Writes of one session take effect in the order of the calls**, not of the awaits. A method that
  writes queues its write before it returns, and returns a future that is done when the write is
  durable.
* **A write that fails waits and is tried again.** It is not dropped, and its future does not fail;
  `Store.stalled` says how long it has waited. So a full disk is an outage, never a lost message.
* **A write that ran twice has happened once.** A commit whose result was lost may be repeated: the
  message is in the log once, and the attempt is counted once.
* **Only the newest claim of a session writes an answer**, and once: nodes that share a store never
  answer a message twice. A lease that has expired must be claimed again.
* **Of several approvals of a held answer the first counts**, and the others are told that there was
  nothing to approve. So every node may publish what is `overdue`.
* **A session that was erased is an ordinary answer**, `Erased`, and no exception. Its key and its
  epoch are never used again.

Times are those of the database.
"""

from __future__ import annotations

from asyncio import Future
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from typing import Protocol

from tutor_widget.errors import TutorError
from tutor_widget.wire import Event

from .peers import Peers
from .records import (
    All,
    Answer,
    Answered,
    Busy,
    Claim,
    Entry,
    Erased,
    Full,
    Head,
    Held,
    HeldAnswer,
    Kept,
    Listed,
    Message,
    Outcome,
    Publication,
    Report,
    ReportState,
    SessionKey,
    Spent,
)

__all__ = ["Store", "StoreError"]


class StoreError(TutorError):
    """The store cannot be opened, cannot be read now, or was closed while a write waited."""


class Store(Protocol):
    """A storage engine. Methods that return a `Future` write, and queue their write when called.

    Methods that read raise StoreError if the store cannot be read now.
    """

    # --- sessions ---------------------------------------------------------------------------------

    async def find_session(self, account: str, name: str) -> Head | Erased | None:
        """The head of the account's session ``name``, or None if there is none. Writes nothing."""

    def create_session(
        self, account: str, name: str, groups: frozenset[str] = frozenset(), most: int = 0
    ) -> Future[Head | Erased | Full]:
        """Make the session, with a new epoch, unless it exists. Returns its head.

        `Full` if the account has ``most`` sessions already; 0 is no limit. `Erased` while the mark
        of its erasure stands (see `erase`).
        """

    async def head(self, key: SessionKey) -> Head | Erased:
        """The head of the session now."""

    # --- the learner's messages -------------------------------------------------------------------

    def append(
        self,
        key: SessionKey,
        message: Message,
        most_bytes: int = 0,
        behind: str | None = None,
        *,
        claims: bool = False,
    ) -> Future[Outcome | Erased]:
        """Write the message, unless its id is in the log already or was withdrawn.

        With ``claims`` also claim it, as `claim` does and in the same transaction, if no other
        message of the session waits: `Kept.claim`.

        ``full`` if the account's sessions hold ``most_bytes`` of text and contexts in UTF-8, or
        more; 0 is no limit. The size of the message does not matter, so that a short one never
        overtakes a long one. ``full`` also if ``behind`` is neither in the log nor withdrawn: the
        id of a message that must not be overtaken, and whose own append may be refused.
        """

    def withdraw(self, key: SessionKey, message_id: str) -> Future[Outcome | Erased]:
        """Exclude the id from ever being written. `Kept` if it is in the log already."""

    def stop(self, key: SessionKey, message_id: str) -> Future[bool | Erased]:
        """Note that the learner pressed Stop. False if no such message waits."""

    async def find(
        self, key: SessionKey, message_id: str, text: str | None = None
    ) -> Outcome | Erased | None:
        """What `append` (without a text: `withdraw`) would return. None if it would write."""

    # --- reading ----------------------------------------------------------------------------------

    async def read(
        self, key: SessionKey, after: int, limit: int, size: int
    ) -> Sequence[Event] | Erased:
        """Events after ``after``, ascending: at most ``limit``, about ``size`` bytes in total."""

    async def read_before(
        self, key: SessionKey, before: int, limit: int, size: int
    ) -> Sequence[Event] | Erased:
        """The newest events before ``before``, ascending, with the same bounds."""

    # --- answers ----------------------------------------------------------------------------------

    def greet(self, key: SessionKey, answer: Answer) -> Future[Answered | Erased | None]:
        """Write a message that answers no other. None if its id is in the log already."""

    def claim(self, key: SessionKey) -> Future[Claim | Busy | Held | Erased | None]:
        """Take the lease with a new fence and count an attempt at the oldest waiting message.

        `Busy` while a claim has the lease, also one of this store. None, without a lease, if
        nothing waits.
        """

    def renew(self, claim: Claim) -> Future[bool]:
        """Renew the lease. False if it has expired, or if there is a newer claim."""

    def answer(self, claim: Claim, answer: Answer) -> Future[Answered | None]:
        """Write answer, state, record and usage in one transaction, and give the lease back.

        None if there is a newer claim, if the message was answered, or if the session was erased.
        """

    def hold(
        self,
        claim: Claim,
        answer: Answer,
        seconds: float | None = None,
        otherwise: str | None = None,
    ) -> Future[bool]:
        """Keep the answer until a person approves it, and give the lease back.

        After ``seconds`` it is `overdue`, and to be approved as it is, or with the text
        ``otherwise``. None: it waits without end. False in the cases in which `answer` returns
        None.
        """

    async def held(self) -> Sequence[HeldAnswer]:
        """The answers that wait for approval, in all sessions, those held first at the front."""

    async def overdue(self) -> Sequence[tuple[str, str, str]]:
        """(account, name, ``re``) of the held answers whose time is over, the oldest end first."""

    def approve(
        self, key: SessionKey, re: str, text: str | None = None, by: str | None = None
    ) -> Future[Answered | Erased | None]:
        """Write the held answer to ``re``, with another text if one is given.

        ``by`` is the person who approves it; None if a program does, or because its time is over.
        Then, without a ``text``, the text `hold` was given for that goes out. The record of the
        event gets ``{"approved": {"by": by, "edited": bool}}``; edited: another text than the held
        one was written.

        A held answer for which Stop was pressed is written ``stopped``, with an empty text, and
        counts as not approved. None if no answer to ``re`` is held, or not any more.
        """

    def release(self, claim: Claim, *, counts: bool = True) -> Future[None]:
        """Give the lease back. ``counts`` False takes back the attempt that the claim counted."""

    async def unanswered(self) -> Sequence[tuple[str, str]]:
        """(account, name) of the sessions with messages that no living node answers.

        A held answer needs no node.
        """

    async def spent(self, key: SessionKey, day: str) -> Spent | Erased:
        """What the session's account has used on the UTC date ``day``.

        Where there are no accounts, what the session has used.
        """

    # --- people -----------------------------------------------------------------------------------

    def report(
        self, key: SessionKey, event_id: str, reason: str | None, shared: bool = False
    ) -> Future[bool | Erased]:
        """Keep a learner's report of a tutor's message. A second one replaces the first, and is
        open again.

        ``shared``: the learner agrees that teachers read the conversation around the message. False
        if the log holds no tutor's message with this id.
        """

    async def reports(self, since: int, limit: int) -> Sequence[Report]:
        """Reports from the time ``since`` on, oldest first."""

    def settle_report(
        self, key: SessionKey, event_id: str, state: ReportState
    ) -> Future[bool | Erased]:
        """Note what a person made of the report of this message. False if there is none."""

    def notice(
        self,
        key: SessionKey,
        notice_id: str,
        by: str | None,
        text: str,
        answers: str | None = None,
    ) -> Future[Kept | Erased]:
        """Write a notice of the person ``by``, unless its id is in the log already.

        None: of no person, but of the system. ``answers`` is the id of a tutor's message: if that
        was reported, the report becomes ``answered`` in the same transaction. A notice that is
        repeated changes no report.
        """

    def erase(self, key: SessionKey, days: float) -> Future[None]:
        """Delete the session: log, state, contexts, records, reports.

        For ``days`` a mark stays, and `find_session` returns `Erased`. Afterwards the name is
        unknown, and begins a new session with another key.
        """

    def expire(self, idle: float, spare: Collection[SessionKey] = ()) -> Future[int]:
        """Delete the sessions to which nothing was written for ``idle`` seconds; their number.

        Leaves no mark. ``spare`` are sessions to which somebody is connected here. Those to which
        somebody is connected through another node, as far as `peers` tell, are spared, too.
        """

    def expire_contexts(self, age: float) -> Future[int]:
        """Delete the contexts of answered messages older than ``age`` seconds; their number."""

    def list_sessions(
        self, account: str | None = None, group: str | None = None, since: int = 0
    ) -> AsyncIterator[Listed]:
        """The sessions of an account or of a group, active since ``since``, in order of keys."""

    async def entries(self, key: SessionKey, after: int, limit: int) -> Sequence[Entry] | Erased:
        """Events after ``after`` with what is kept beside them, ascending, for an export."""

    # --- publications -----------------------------------------------------------------------------

    async def publications(self) -> Mapping[str, Publication]:
        """What is published, by cell."""

    def publish(self, cell: str, number: int, data: str) -> Future[Publication]:
        """Replace the publication ``number`` of the cell, 0 if there is none, with the next one.

        If the cell has another one meanwhile, nothing is written. Returns what stands then. Neither
        `erase` nor `expire` deletes it, so ``data`` must hold no learner's words.
        """

    # --- the store itself -------------------------------------------------------------------------

    def changes(self) -> AsyncIterator[frozenset[SessionKey] | All]:
        """The sessions whose log, state, waiting messages or lease another process has changed.

        Ends when the store is closed. One consumer. A change may be told late, and twice.
        """

    async def secret(self) -> bytes:
        """A random key of 32 bytes, made once for the database. Pseudonyms are made with it."""

    def stalled(self) -> float:
        """Seconds that the oldest write has waited; 0 if none waits."""

    @property
    def peers(self) -> Peers:
        """The other nodes of the database, for what they tell each other and need not keep."""

    @property
    def lease(self) -> float:
        """Seconds that a lease lasts unless it is renewed. At most 10."""

    async def close(self) -> None:
        """Write what can still be written, and release the store."""
