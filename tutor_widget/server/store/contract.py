"""What a server must remember, and the small interface of the engine that remembers it.

A store keeps for each session its log of events, its state, which of the learner's messages wait
for an answer, how often an answer was begun, and which ids were withdrawn. `sqlite.SQLiteStore` is
the engine that comes with the package; another needs the methods of `Store` and nothing else.

Three promises carry the protocol:

* **A write takes effect in the order of the calls**, not of the awaits: every writing method queues
  its write before it returns, and hands back a future that is done once the write is durable.
* **A write that cannot be made waits** and is tried again; it neither fails nor is forgotten, and
  `Store.stalled` says for how long. So a full disk is an outage and never a lost message.
* **An answer is written by the holder of the session's lease only**, and once: nodes that share a
  store never answer a message twice.
"""

from __future__ import annotations

from asyncio import Future
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from tutor_widget.errors import TutorError
from tutor_widget.wire import Event

__all__ = [
    "Answer",
    "Answered",
    "Busy",
    "Claim",
    "Head",
    "Kept",
    "Message",
    "Store",
    "StoreError",
    "Verdict",
]


class StoreError(TutorError):
    """The store cannot be opened, cannot be read now, or was closed while a write waited."""


@dataclass(frozen=True, slots=True)
class Head:
    """Where a session stands: the last ``seq`` of its log, its state, and what others ask of it."""

    key: int
    epoch: str
    seq: int
    state: dict[str, Any]
    rev: int
    waiting: bool = False
    """Whether a message of the learner's has no answer yet."""
    stopped: frozenset[str] = frozenset()
    """The ids of waiting messages whose answer the learner does not want any more."""


@dataclass(frozen=True, slots=True)
class Message:
    """What a learner sent. ``context`` is kept with it, for an answer generated anew."""

    id: str
    text: str
    context: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Kept:
    """The message is in the log as ``event``; ``fresh`` if it was not there before."""

    event: Event
    fresh: bool


Verdict = Kept | Literal["conflict", "withdrawn"]
"""How an append or a withdrawal ended. ``conflict``: the id is taken by another text."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The oldest message without an answer, now this node's to answer."""

    message: Message
    event: Event
    attempt: int
    """1 for the first. Counted durably, so that an answer that kills its server is given up."""
    stopped: bool
    state: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Busy:
    """Another node answers for this session; ask again after ``seconds`` at the latest."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Answer:
    """A tutor's finished message. ``state`` is the session's new one, None if it stays."""

    id: str
    re: str
    text: str
    status: Literal["complete", "stopped", "failed"]
    state: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """The event that was written, and the revision of the state after it."""

    event: Event
    rev: int


class Store(Protocol):
    """One engine. Methods that return a `Future` write, and queue their write when called."""

    def open(self, account: str, name: str) -> Future[Head]:
        """The session, made (with a new epoch) if there is none."""

    async def head(self, key: int) -> Head:
        """Where the session stands now."""

    def append(self, key: int, message: Message) -> Future[Verdict]:
        """Write the message unless its id is taken or withdrawn."""

    def withdraw(self, key: int, message_id: str) -> Future[Verdict]:
        """See to it that the id is never written; `Kept` if it is already."""

    def greet(self, key: int, answer: Answer) -> Future[Answered | None]:
        """Write unprompted words; None if their id is there already."""

    def stop(self, key: int, message_id: str) -> Future[bool]:
        """Note that the answer is not wanted; False if there is no such waiting message."""

    async def find(self, key: int, message_id: str, text: str | None = None) -> Verdict | None:
        """What `append` (without a text: `withdraw`) would find under this id; None for nothing."""

    async def read(self, key: int, after: int, limit: int, size: int) -> Sequence[Event]:
        """Events after ``after``, ascending: at most ``limit``, and about ``size`` bytes."""

    async def read_before(self, key: int, before: int, limit: int, size: int) -> Sequence[Event]:
        """The newest events before ``before``, ascending, bounded in the same way."""

    def claim(self, key: int) -> Future[Claim | Busy | None]:
        """Take or renew the lease, count an attempt; None (and no lease) if nothing waits."""

    def renew(self, key: int) -> Future[bool]:
        """Keep the lease; False if it is another's by now."""

    def answer(self, key: int, answer: Answer) -> Future[Answered | None]:
        """Write answer and state in one transaction; None if the lease was lost meanwhile."""

    def release(self, key: int, unbegun: str | None = None) -> Future[None]:
        """Give the lease back; ``unbegun`` is a message whose attempt shall not have counted."""

    async def unanswered(self) -> Sequence[tuple[str, str]]:
        """(account, name) of the sessions with messages that no living node is answering."""

    async def others_committed(self) -> bool:
        """Whether another process may have written since this was last asked. Cheap."""

    def stalled(self) -> float:
        """For how many seconds the oldest write has been waiting; 0 if none does."""

    @property
    def lease(self) -> float:
        """How many seconds a lease lasts unless it is renewed."""

    @property
    def poll(self) -> float:
        """After how many seconds `others_committed` is worth asking again."""

    async def close(self) -> None:
        """Write what can still be written, and let go."""
