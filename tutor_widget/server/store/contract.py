"""The contract of a store: what it keeps for the server, and what it guarantees.

A store keeps for each session: its log of events, its state, the learner's messages that wait for
an answer, the number of attempts at each answer, and the withdrawn ids. `sqlite.SQLiteStore` is the
engine that comes with the package. Another engine needs the methods of `Store` and nothing else.

The protocol depends on three guarantees:

* **Writes take effect in the order of the calls**, not of the awaits. A method that writes queues
  its write before it returns, and returns a future that is done when the write is durable.
* **A write that fails waits and is tried again.** It is not dropped, and its future does not fail;
  `Store.stalled` says how long it has waited. So a full disk is an outage, never a lost message.
* **Only the lease owner of a session writes an answer**, and once: nodes that share a store never
  answer a message twice.
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
    "Outcome",
    "Store",
    "StoreError",
]


class StoreError(TutorError):
    """The store cannot be opened, cannot be read now, or was closed while a write waited."""


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a session: the last ``seq`` of its log, its state, and what waits in it."""

    key: int
    epoch: str
    seq: int
    state: dict[str, Any]
    rev: int
    waiting: bool = False
    """Whether a learner's message has no answer yet."""
    stopped: frozenset[str] = frozenset()
    """Ids of waiting messages for which the learner pressed Stop."""


@dataclass(frozen=True, slots=True)
class Message:
    """A learner's message. ``context`` is kept with it, for an answer that is generated again."""

    id: str
    text: str
    context: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Kept:
    """The message is in the log as ``event``. ``fresh``: this call wrote it."""

    event: Event
    fresh: bool


Outcome = Kept | Literal["conflict", "withdrawn"]
"""The outcome of an append or a withdrawal. ``conflict``: another text has this id."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The oldest message without an answer. This node has the lease and answers it."""

    message: Message
    event: Event
    attempt: int
    """1 for the first. Counted durably, so that a message that kills its server is given up."""
    stopped: bool
    """Whether the learner pressed Stop before the answer began."""
    state: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Busy:
    """Another node has the lease of this session. Claim again after ``seconds`` at the latest."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Answer:
    """A tutor's message to be written. ``state`` is the session's new state, None if unchanged."""

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
    """A storage engine. Methods that return a `Future` write, and queue their write when called.

    Methods that read raise StoreError if the store cannot be read now. ``key`` is `Head.key`.
    """

    def open(self, account: str, name: str) -> Future[Head]:
        """The head of the session. A new session is made, with a new epoch, if there is none."""

    async def head(self, key: int) -> Head:
        """The head of the session now."""

    def append(self, key: int, message: Message) -> Future[Outcome]:
        """Write the message, unless its id is in the log already or was withdrawn."""

    def withdraw(self, key: int, message_id: str) -> Future[Outcome]:
        """Exclude the id from ever being written. `Kept` if it is in the log already."""

    def greet(self, key: int, answer: Answer) -> Future[Answered | None]:
        """Write a message that answers no other. None if its id is in the log already."""

    def stop(self, key: int, message_id: str) -> Future[bool]:
        """Note that the learner pressed Stop. False if no such message waits."""

    async def find(self, key: int, message_id: str, text: str | None = None) -> Outcome | None:
        """What `append` (without a text: `withdraw`) would return. None if it would write."""

    async def read(self, key: int, after: int, limit: int, size: int) -> Sequence[Event]:
        """Events after ``after``, ascending: at most ``limit``, about ``size`` bytes in total."""

    async def read_before(self, key: int, before: int, limit: int, size: int) -> Sequence[Event]:
        """The newest events before ``before``, ascending, with the same bounds."""

    def claim(self, key: int) -> Future[Claim | Busy | None]:
        """Take or renew the lease and count an attempt. None, without a lease, if nothing waits."""

    def renew(self, key: int) -> Future[bool]:
        """Renew the lease. False if another node has it."""

    def answer(self, key: int, answer: Answer) -> Future[Answered | None]:
        """Write answer and state in one transaction. None if the lease was lost."""

    def release(self, key: int, unbegun: str | None = None) -> Future[None]:
        """Give the lease back. ``unbegun`` is the id of a message whose attempt does not count."""

    async def unanswered(self) -> Sequence[tuple[str, str]]:
        """(account, name) of the sessions with messages that no living node answers."""

    async def others_committed(self) -> bool:
        """Whether another process may have written since the last call. Cheap."""

    def stalled(self) -> float:
        """Seconds that the oldest write has waited; 0 if none waits."""

    @property
    def lease(self) -> float:
        """Seconds that a lease lasts unless it is renewed."""

    @property
    def poll(self) -> float:
        """Seconds between calls of `others_committed`."""

    async def close(self) -> None:
        """Write what can still be written, and release the store."""
