"""The queue of messages that the server has not acknowledged yet: in order, each sent once.

A message leaves the queue only when the server has committed it (its event came), when the server
has promised never to commit it (`refused` `withdrawn`), or when it was withdrawn before it was ever
transmitted and the journal has recorded that.

A message belongs to one account (see `delivery`): the one it was written under, or, if none was
known yet, the one of the first welcome that names one. It is sent to no other account, nor to a
server that names none, and what such a server says of its id is ignored. The account must be in the
journal before the message is sent: after a kill in between, the next account to be welcomed would
take the message for its own.

Two things can delay the messages of the account: what is in flight (`flight`), and poison detection
(`poison`), since suspects are sent one at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from tutor_widget.codes import Code
from tutor_widget.session.endings import Ending
from tutor_widget.session.message import Message, Sharing, sharing
from tutor_widget.wire import Refused, Send, Stop, Withdraw

from .flight import Flight
from .poison import PoisonDetector, Strike

Refusal = Literal["held", "failed", "taken back", "unknown"]
Confirmation = Literal["settled", "outdated", "taken back"]

KEPT_CONTEXTS: Final = 20
"""Newest contexts that are kept after their messages left, so that they can be sent again."""
LONGEST_REASON: Final = 500
"""Characters of a server's reason that are kept: it goes into the journal and to the page."""
_JOURNALLED: Final = {"withdrawing": "withdrawing", "failed": "failed"}  # others are one status
OTHER_SIGN_IN: Final[Code] = "other_sign_in"
SET_ASIDE: Final[Code] = "breaks_connection"
REFUSALS: Final[frozenset[Code]] = frozenset(
    ("too_long", "empty", "bad_context", "rate", "unacked", "full", "conflict")
)
"""Codes of a `refused` that the catalogues have a sentence for (protocol section 4)."""


@dataclass(slots=True)
class _Stop:
    """A stop of a reply. ``transmitted``: it was sent on this connection."""

    account: str | None
    transmitted: bool = False


@dataclass(slots=True)
class Outgoing:
    """The queue, oldest first."""

    account: str | None = None
    """See `machine.Session.account`."""
    messages: dict[str, Message] = field(default_factory=dict)
    shared: dict[str, Sharing] = field(default_factory=dict)
    """What was sent along with messages, by id; kept after they are acknowledged."""
    contexts: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The contexts in full, of the newest `KEPT_CONTEXTS` messages."""
    _welcomed: bool = False
    _stamping: set[str] = field(default_factory=set)  # the journal does not know the account yet
    _flight: Flight = field(default_factory=Flight)
    _saving: dict[str, Message] = field(default_factory=dict)  # what the journal is busy with
    _poison: PoisonDetector = field(default_factory=PoisonDetector)
    _stops: dict[str, _Stop] = field(default_factory=dict)  # by the message that is answered
    _changed: bool = False

    def take_changed(self) -> bool:
        """Whether messages were added or changed since the last call."""
        changed, self._changed = self._changed, False
        return changed

    # --- accounts -------------------------------------------------------------------------------

    def welcomed(self, account: str | None) -> list[str]:
        """A server welcomed this account. Returns the ids of messages that become its, to save."""
        before = self.shown
        if self._welcomed and account != self.account:
            # Contexts belong to the other account, as the log that shows them does.
            self.shared = {id: of for id, of in self.shared.items() if id in self.messages}
            self.contexts = {id: of for id, of in self.contexts.items() if id in self.messages}
            self._flight.release()
        self.account, self._welcomed = account, True
        claimed = self.claim()
        self._changed = self._changed or self.shown != before
        return claimed

    def claim(self) -> list[str]:
        """Give the account the messages without one; returns their ids, to save."""
        if self.account is None:
            return []
        claimed = [id for id, message in self.messages.items() if message.account is None]
        for id in claimed:
            self._give(id, self.account)
        for stop in self._stops.values():
            stop.account = self.account if stop.account is None else stop.account
        return claimed

    def _give(self, id: str, account: str | None) -> None:
        self._set(id, account=account)
        self._stamping.add(id)

    def is_foreign(self, id: str) -> bool:
        """Whether the message belongs to another account than the one welcomed last."""
        account = self.messages[id].account
        return self._welcomed and account is not None and account != self.account

    @property
    def can_send(self) -> bool:
        """Whether a message waits that may yet be sent for the account welcomed last."""
        return any(
            m.status != "failed" and not self.is_foreign(m.id) for m in self.messages.values()
        )

    @property
    def shown(self) -> dict[str, Message]:
        """The queue as people see it: what waits for another account is shown as failed."""
        foreign = {id: m for id, m in self.messages.items() if self.is_foreign(id)}
        return self.messages | {
            id: replace(message, status="failed", code=OTHER_SIGN_IN)
            for id, message in foreign.items()
            if message.status == "queued"
        }

    def erased(self, account: str | None) -> Outgoing:
        """The queue that remains when the account's conversation is erased: what is another's."""
        left = self._only(lambda owner: owner not in (None, account))
        left.account, left._welcomed = self.account, True  # so that it is shown as another's
        left._changed = self._changed or not self._welcomed
        return left

    def part(self, account: str) -> Outgoing:
        """The part of the queue that belongs to this account."""
        part = self._only(lambda owner: owner == account)
        part.account = account
        return part

    def _only(self, belongs: Callable[[str | None], bool]) -> Outgoing:
        """A queue of the messages and stops of some accounts, with all that is known of them."""
        messages = {id: m for id, m in self.messages.items() if belongs(m.account)}
        only = Outgoing(messages=messages)
        only.shared = {id: of for id, of in self.shared.items() if id in messages}
        only.contexts = {id: of for id, of in self.contexts.items() if id in messages}
        only._stamping = self._stamping & messages.keys()
        only._poison.inherit(self._poison, messages.keys())
        stops = self._stops.items()
        only._stops = {re: _Stop(stop.account) for re, stop in stops if belongs(stop.account)}
        return only

    def inherit(self, older: Outgoing) -> list[str]:
        """Put the queue of another client of this process before the messages here.

        Unlike for messages from a journal, their status is known. Returns their ids, to save.
        """
        came = {id: m for id, m in older.messages.items() if id not in self.messages}
        self.messages = came | self.messages
        self.shared = older.shared | self.shared
        self.contexts = dict([*(older.contexts | self.contexts).items()][-KEPT_CONTEXTS:])
        self._stamping |= older._stamping & came.keys()
        self._poison.inherit(older._poison, came.keys())
        for re, stop in older._stops.items():
            self._stops.setdefault(re, _Stop(stop.account))
        self._changed = True
        return list(came)

    # --- the learner's side ---------------------------------------------------------------------

    def add(self, message: Message) -> None:
        """Put a message behind all others."""
        self.messages[message.id] = message
        self._note_sharing([message])
        self._changed = True

    def add_first(self, messages: Iterable[Message]) -> None:
        """Put messages from a journal before the messages here.

        How far they had come is unknown: a server may have any that had not failed.
        """
        loaded = {message.id: message for message in messages}
        for id, message in loaded.items():
            if message.status == "withdrawing":
                loaded[id] = replace(message, transmitted=True)
            elif message.status != "failed":
                loaded[id] = replace(message, status="queued", transmitted=True)
        self.messages = loaded | self.messages
        self._note_sharing(loaded.values())
        self._changed = True

    def _note_sharing(self, messages: Iterable[Message]) -> None:
        for message in messages:
            if message.context:
                self.shared[message.id] = sharing(message.context)
                self.contexts[message.id] = message.context
        for id in list(self.contexts)[:-KEPT_CONTEXTS]:
            del self.contexts[id]

    def to_save(self, id: str) -> Message | None:
        """The message for the journal; None while it is busy with an earlier version.

        So it is always clear which version a confirmation confirms.
        """
        if id in self._saving:
            return None
        self._saving[id] = self.messages[id]
        return self.messages[id]

    def saved(self, id: str) -> Confirmation:
        """The journal has what it was given."""
        version = self._saving.pop(id, None)
        message = self.messages.get(id)
        if message is None or version is None:
            return "settled"
        if message.status == "saving":
            self._set(id, status="queued")
        if _journalled(message) != _journalled(version):
            return "outdated"
        self._stamping.discard(id)
        if message.status == "withdrawing" and not message.transmitted:
            self.remove(id)
            return "taken back"
        return "settled"

    def discard(self, id: str) -> None:
        """Withdraw a message. It leaves once the journal has recorded that, and, if the server may
        have it, once the server has agreed."""
        self._set(id, status="withdrawing", reason="", code="")

    def retry(self, id: str) -> None:
        """Send a failed message again under its id, behind all others.

        Before them it could delay the one that a server waits for after a refusal. A message of
        another account becomes the present one's: call this only if no server can have it.
        """
        if self.is_foreign(id):
            self._give(id, self.account)
        self._poison.clear(id)
        self._stops.pop(id, None)
        self._set(id, status="queued", reason="", code="")
        self.messages[id] = self.messages.pop(id)

    def stop(self, re: str) -> None:
        """Stop the reply to ``re``; sent again on each connection until the reply is committed."""
        message = self.messages.get(re)
        self._stops.setdefault(re, _Stop(self.account if message is None else message.account))

    # --- the server's side ----------------------------------------------------------------------

    def acknowledged(self, id: str) -> bool:
        """The account's log has the message; False if it was not in the account's queue."""
        message = self.messages.get(id)
        return message is not None and message.account == self.account and self.remove(id)

    def remove(self, id: str) -> bool:
        """Remove a settled message; False if it was not here."""
        self._flight.settled(id)
        self._flight.taken()
        self._saving.pop(id, None)
        self._stamping.discard(id)
        self._poison.clear(id)
        return self.messages.pop(id, None) is not None

    def answered(self, re: str) -> None:
        """The reply to ``re`` is committed, or will never come."""
        self._stops.pop(re, None)

    def refused(self, frame: Refused, now: float) -> Refusal:
        """Take a refusal; return what becomes of the message."""
        id = frame.id
        message = self.messages.get(id)
        if message is None or message.account != self.account:
            return "unknown"
        if frame.retry_after is not None:
            if (stop := self._stops.get(id)) is not None:
                stop.transmitted = False  # the server did not take its message
            is_settled = self._flight.refused(id, now, frame.retry_after)
            if is_settled and message.status == "sent":
                self._set(id, status="queued")
            return "held"
        if frame.code == "withdrawn" or message.status == "withdrawing":
            self.remove(id)
            return "taken back"
        self._flight.settled(id)
        self._poison.clear(id)
        reason = frame.reason[:LONGEST_REASON]
        code = frame.code if frame.code in REFUSALS else ""
        self._set(id, status="failed", reason=reason, code=code, transmitted=False)
        return "failed"

    def orphaned(self) -> None:
        """Another process may have copied the journal, and sent from it."""
        self.messages = {id: replace(m, transmitted=True) for id, m in self.messages.items()}
        self._changed = True

    def disconnected(self) -> None:
        """The connection is over: nothing is in flight any more."""
        for id in self._flight.sent_at:
            if self.messages[id].status == "sent":
                self._set(id, status="queued")
        self._flight.clear()
        for stop in self._stops.values():
            stop.transmitted = False

    def strike(self, ending: Ending, now: float) -> Strike:
        """Count an ending against the messages in flight, and set aside the one that causes it.

        To be called before `disconnected`.
        """
        # A message that is being withdrawn is not sent any more, and must not become one that can.
        flight = self._flight.sent_at
        withdrawing = {id for id in flight if self.messages[id].status != "sent"}
        strike = self._poison.strike(ending, flight, now, withdrawing)
        for id in strike.set_aside:
            self._set(id, status="failed", code=SET_ASIDE)
        return strike

    # --- sending --------------------------------------------------------------------------------

    @property
    def oldest_under_way(self) -> float | None:
        """When the oldest of what is in flight was transmitted; None if there is nothing.

        In flight: transmitted here, neither acknowledged nor refused.
        """
        return min(self._flight.sent_at.values(), default=None)

    @property
    def wake_at(self) -> float | None:
        """When a hold ends; None if there is none. Only valid while connected."""
        return self._flight.held_until

    def transmit(self, now: float, limit: int) -> list[Send | Withdraw | Stop]:
        """The frames to send now, in order; they count as in flight from here on."""
        frames: list[Send | Withdraw | Stop] = []
        if not self._flight.is_held(now):
            mine = [m for m in self.messages.values() if m.account == self.account]
            # The server waits for what it refused: nothing that was put before it comes through.
            mine.sort(key=lambda message: not self._flight.is_refused(message.id))
            limit = 1 if any(self._poison.is_suspect(m.id) for m in mine) else limit
            for message in mine:
                if message.status == "saving" or message.id in self._stamping:
                    break  # nothing overtakes
                if (frame := self._frame(message, now, limit)) is not None:
                    frames.append(frame)
        for re, stop in self._stops.items():
            # A message that was not sent yet has no reply to stop; its turn comes.
            is_due = stop.account == self.account and not stop.transmitted
            if is_due and (re not in self.messages or re in self._flight.sent_at):
                stop.transmitted = True
                frames.append(Stop(re=re))
        return frames

    def _frame(self, message: Message, now: float, limit: int) -> Send | Withdraw | None:
        id, flight = message.id, self._flight
        has_room = len(flight.sent_at) < limit
        if message.status == "withdrawing":
            is_known = id in flight.sent_at  # a withdrawal of it takes no more room
            if id in self._saving or flight.is_withdrawn(id) or not (has_room or is_known):
                return None
            flight.withdrawn(id, now)
            return Withdraw(id=id)
        if message.status == "queued" and has_room and not flight.is_blocked:
            self._set(id, status="sent", transmitted=True)
            flight.sent(id, now)
            return Send(id=id, text=message.text, context=message.context, rev=message.rev)
        return None

    def _set(self, id: str, **changes: Any) -> None:
        self.messages[id] = replace(self.messages[id], **changes)
        self._changed = True


def _journalled(message: Message) -> tuple[str | None, str | None]:
    """What the journal must know of a message besides its text."""
    return _JOURNALLED.get(message.status), message.account
