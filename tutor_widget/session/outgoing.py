"""What the learner has said and the server has not yet taken: in order, once each.

A message leaves this queue only when the server owns it (its event came), when the server promised
never to take it (`refused` `withdrawn`), or when it was taken back before it was ever transmitted
and the journal knows.

A message belongs to one account, for ever, unless the learner says otherwise. It takes the account
that it was written under, or, where none was known yet, that of the first welcome which names one.
It is sent to no other, nor to a server that names none, and what such a server says of its id
counts for nothing. The account must be in the journal before the message is sent: after a kill in
between, the next account to be welcomed would take the message for its own.

Three things can stand in the way of sending what belongs to the account:

*a hold*: after `refused` with `retry_after` the server refuses everything behind that message too.
We wait until each of those refusals is in, then begin again with the oldest, so nothing overtakes.

*a recantation*: a withdrawal behind its own message ends, at the server, a hold that we have not
heard of yet. Nothing more is sent until both are answered, so nothing overtakes what was refused.

*suspicion*: when a server breaks the connection within seconds of a message, that message may be
what breaks it. Those that were under way are then sent one at a time, and the one after which it
breaks again is set aside as failed, so that the others can go on (protocol section 6, last row).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, NamedTuple, get_args

from tutor_widget.codes import Code
from tutor_widget.wire import Refused, Send, Stop, Withdraw

from .endings import LONGEST_ASKED, POISON_CODES, Ending, Kind

MessageStatus = Literal["saving", "queued", "sent", "withdrawing", "failed"]
Refusal = Literal["held", "failed", "taken back", "unknown"]
Confirmation = Literal["settled", "outdated", "taken back"]

POISON_WITHIN: Final = 2.0
"""Seconds after sending within which an ending is blamed on what was sent."""
SET_ASIDE_AT: Final = 2
SET_ASIDE_AT_FRAMELESS: Final = 5
LEAST_HOLD: Final = 0.1
"""Seconds of the first hold, doubled with each that brings nothing: else "at once" is a spin."""
MOST_DOUBLINGS: Final = 6
KEPT_CONTEXTS: Final = 20
"""Newest contexts that are kept after their messages left, should they be asked anew."""
LONGEST_REASON: Final = 500
"""Characters of a server's reason that are kept: it goes into the journal and to the page."""
_JOURNALLED: Final = {"withdrawing": "withdrawing", "failed": "failed"}  # all others are one
OTHER_SIGN_IN: Final[Code] = "other_sign_in"
SET_ASIDE: Final[Code] = "breaks_connection"
REFUSALS: Final[frozenset[Code]] = frozenset(
    ("too_long", "empty", "bad_context", "rate", "unacked", "full", "conflict")
)
"""Codes of a `refused` that the catalogues have a sentence for (protocol section 4)."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the learner. ``at`` in Unix ms; ``transmitted``: a server may have it.

    ``account`` is whose it is; None: no welcome has said so yet. ``code`` says why it failed;
    ``reason`` is what the server said of it, if it did.
    """

    id: str
    text: str
    at: int
    context: dict[str, Any] | None = None
    status: MessageStatus = "saving"
    reason: str = ""
    transmitted: bool = False
    account: str | None = None
    code: str = ""


@dataclass(slots=True)
class _Stop:
    """A reply is to stop. ``transmitted``: the server was asked on this connection."""

    account: str | None
    transmitted: bool = False


Blamed = Literal["by a close frame", "alone", "among others"]

Sharing = dict[str, str | bool]
"""What went along with a message: ``cell`` (True), ``error`` (its name), and no more of it."""


def sharing(context: dict[str, Any]) -> Sharing:
    """What a context that is in order shares."""
    told: Sharing = {}
    if context.get("cell") is not None:
        told["cell"] = True
    if context.get("error") is not None:
        told["error"] = context["error"]["name"]
    return told


class Blame(NamedTuple):
    """Whether an ending is laid on what was under way, and the ids that are set aside for it."""

    laid: bool
    set_aside: list[str]


@dataclass(slots=True)
class Outgoing:
    """The queue, oldest first, and what of it is under way on the present connection."""

    account: str | None = None
    """That the last welcome named; None: it named none, or there was no welcome."""
    messages: dict[str, Message] = field(default_factory=dict)
    shared: dict[str, Sharing] = field(default_factory=dict)
    """What went along with messages, by their ids; it outlives their arrival."""
    contexts: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The same in full, of the newest `KEPT_CONTEXTS`."""
    _welcomed: bool = False
    _stamping: set[str] = field(default_factory=set)  # the journal does not know the account yet
    _flight: dict[str, float] = field(default_factory=dict)  # sent here, unanswered: id → when
    _withdrawn: set[str] = field(default_factory=set)  # withdrawals transmitted here
    _recanted: set[str] = field(default_factory=set)  # under way, and so is its withdrawal
    _saving: dict[str, Message] = field(default_factory=dict)  # what the journal is busy with
    _hold_until: float | None = None
    _hold_least: float = 0.0
    _fruitless: int = 0  # holds in a row, with nothing taken between them
    _suspects: set[str] = field(default_factory=set)
    _blame: Counter[tuple[str, Blamed]] = field(default_factory=Counter)
    _stops: dict[str, _Stop] = field(default_factory=dict)  # by the message that is answered
    _changed: bool = False

    def take_changed(self) -> bool:
        """Whether messages came or changed since this was last asked."""
        changed, self._changed = self._changed, False
        return changed

    # --- accounts -------------------------------------------------------------------------------

    def welcomed(self, account: str | None) -> list[str]:
        """A server welcomed this account; the ids of messages that are its from now on, to save."""
        before = self.shown
        if self._welcomed and account != self.account:
            # What went along belongs to the other account, as the log that shows it does.
            self.shared = {id: of for id, of in self.shared.items() if id in self.messages}
            self.contexts = {id: of for id, of in self.contexts.items() if id in self.messages}
        self.account, self._welcomed = account, True
        claimed = self.claim()
        self._changed = self._changed or self.shown != before
        return claimed

    def claim(self) -> list[str]:
        """Give the account what belongs to nobody yet; the ids of these messages, to save."""
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
    def shown(self) -> dict[str, Message]:
        """The queue for people: what waits for another account is shown as not sent."""
        foreign = {id: m for id, m in self.messages.items() if self.is_foreign(id)}
        return self.messages | {
            id: replace(message, status="failed", code=OTHER_SIGN_IN)
            for id, message in foreign.items()
            if message.status == "queued"
        }

    def erased(self) -> Outgoing:
        """What is left when the account's conversation is erased: other accounts' messages."""
        known = self.account is not None
        left = {id: m for id, m in self.messages.items() if known and self.is_foreign(id)}
        return Outgoing(self.account, left, _welcomed=self._welcomed)

    def part(self, account: str) -> Outgoing:
        """What of it belongs to this account."""
        theirs = {id: m for id, m in self.messages.items() if m.account == account}
        shared = {id: of for id, of in self.shared.items() if id in theirs}
        contexts = {id: of for id, of in self.contexts.items() if id in theirs}
        return Outgoing(account, theirs, shared, contexts)

    def inherit(self, older: Outgoing) -> list[str]:
        """Take over what another client of the process has for the account, before all that is
        here.

        Unlike an earlier life's, its state is known. Returns the ids of its messages, to save.
        """
        came = {id: m for id, m in older.messages.items() if id not in self.messages}
        self.messages = came | self.messages
        self.shared = older.shared | self.shared
        self.contexts = dict([*(older.contexts | self.contexts).items()][-KEPT_CONTEXTS:])
        self._stamping |= older._stamping & came.keys()
        self._suspects |= older._suspects & came.keys()
        self._blame.update({key: n for key, n in older._blame.items() if key[0] in came})
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
        """Put messages of an earlier life before all that is here.

        Nobody knows how far they had come: a server may have any that had not failed.
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
        """What to give to the journal; None while it is busy with an earlier version.

        So it is always clear what a confirmation confirms.
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
        """Take a message back: it is gone when the journal and, if it may have it, the server have
        agreed."""
        self._set(id, status="withdrawing", reason="", code="")

    def retry(self, id: str) -> None:
        """Send a failed message again, under its id, behind what was typed since.

        Before it, it could keep back the one that a server waits for after a refusal. One of
        another account becomes the present one's: to be called only if no server can have it.
        """
        if self.is_foreign(id):
            self._give(id, self.account)
        self._acquit(id)
        self._stops.pop(id, None)
        self._set(id, status="queued", reason="", code="")
        self.messages[id] = self.messages.pop(id)

    def stop(self, re: str) -> None:
        """Stop the reply to ``re``; said again on each connection until it is answered."""
        message = self.messages.get(re)
        self._stops.setdefault(re, _Stop(self.account if message is None else message.account))

    # --- the server's side ----------------------------------------------------------------------

    def acknowledged(self, id: str) -> bool:
        """The account's log has the message; false if it was not in the account's queue."""
        message = self.messages.get(id)
        return message is not None and message.account == self.account and self.remove(id)

    def remove(self, id: str) -> bool:
        """The message is settled; false if it was not here."""
        self._flight.pop(id, None)
        self._withdrawn.discard(id)
        self._recanted.discard(id)
        self._saving.pop(id, None)
        self._stamping.discard(id)
        self._acquit(id)
        self._fruitless = 0
        return self.messages.pop(id, None) is not None

    def answered(self, re: str) -> None:
        """The reply to ``re`` is committed, or will never be."""
        self._stops.pop(re, None)

    def refused(self, frame: Refused, now: float) -> Refusal:
        """Take a refusal, and say what becomes of the message."""
        id = frame.id
        message = self.messages.get(id)
        if message is None or message.account != self.account:
            return "unknown"
        if frame.retry_after is not None:
            self._hold(now, frame.retry_after)
            if (stop := self._stops.get(id)) is not None:
                stop.transmitted = False  # it was said of a message that the server did not take
            if id in self._recanted:
                self._recanted.discard(id)  # that was the message; its withdrawal is still out
                return "held"
            self._flight.pop(id, None)
            self._withdrawn.discard(id)
            if message.status == "sent":
                self._set(id, status="queued")
            return "held"
        if frame.code == "withdrawn" or message.status == "withdrawing":
            self.remove(id)
            return "taken back"
        self._flight.pop(id, None)
        self._acquit(id)
        reason = frame.reason[:LONGEST_REASON]
        code = frame.code if frame.code in REFUSALS else ""
        self._set(id, status="failed", reason=reason, code=code, transmitted=False)
        return "failed"

    def _hold(self, now: float, seconds: float) -> None:
        if self._hold_until is None:
            self._hold_least = now + LEAST_HOLD * 2 ** min(self._fruitless, MOST_DOUBLINGS)
            self._fruitless += 1
        self._hold_until = max(self._hold_least, now + min(seconds, LONGEST_ASKED))

    def orphaned(self) -> None:
        """Another process may have copied the journal, and sent from it."""
        self.messages = {id: replace(m, transmitted=True) for id, m in self.messages.items()}
        self._changed = True

    def parted(self) -> None:
        """The connection is over: nothing is under way any more."""
        for id in self._flight:
            if self.messages[id].status == "sent":
                self._set(id, status="queued")
        self._flight.clear()
        self._withdrawn.clear()
        self._recanted.clear()
        for stop in self._stops.values():
            stop.transmitted = False

    # --- suspicion ------------------------------------------------------------------------------

    def suspect(self, ending: Ending, now: float) -> Blame:
        """Was it one of the messages under way that ended the connection? To be asked before
        `parted`."""
        coded = ending.kind is Kind.CLOSED and ending.code in POISON_CODES
        if not self._flight or not (coded or ending.kind is Kind.LOST):
            return Blame(laid=False, set_aside=[])
        # "Too big" comes only once all of it has arrived, however long that took.
        too_big = coded and ending.code == 1009
        if not too_big and now - max(self._flight.values()) > POISON_WITHIN:
            for id in self._flight:  # what counts without a frame counts in a row
                self._blame.pop((id, "alone"), None)
                self._blame.pop((id, "among others"), None)
            return Blame(laid=False, set_aside=[])
        alone = len(self._flight) == 1
        how: Blamed = "by a close frame" if coded else "alone" if alone else "among others"
        for id in self._flight:
            self._blame[id, how] += 1
        most = max(self._blame[id, how] for id in self._flight)
        if alone and most >= (SET_ASIDE_AT if coded else SET_ASIDE_AT_FRAMELESS):
            (id,) = self._flight
            # What is being taken back is not sent any more, and must not become what can be.
            if self.messages[id].status == "sent":
                self._suspects.discard(id)
                self._set(id, status="failed", code=SET_ASIDE)
                return Blame(coded, [id])
        if coded or most >= SET_ASIDE_AT:
            self._suspects.update(self._flight)
        return Blame(coded, [])

    def _acquit(self, id: str) -> None:
        self._suspects.discard(id)
        for how in get_args(Blamed):
            self._blame.pop((id, how), None)

    # --- sending --------------------------------------------------------------------------------

    @property
    def under_way(self) -> bool:
        """Something was transmitted on this connection and neither taken nor refused."""
        return bool(self._flight)

    @property
    def oldest_under_way(self) -> float | None:
        """When the longest waiting of these was transmitted."""
        return min(self._flight.values(), default=None)

    @property
    def wake_at(self) -> float | None:
        """When a hold ends (only of use while connected)."""
        return None if self._flight else self._hold_until

    def transmit(self, now: float, limit: int) -> list[Send | Withdraw | Stop]:
        """What to send now, in order; it counts as under way from here on."""
        frames: list[Send | Withdraw | Stop] = []
        if self._may_send(now):
            mine = [m for m in self.messages.values() if m.account == self.account]
            limit = 1 if any(m.id in self._suspects for m in mine) else limit
            for message in mine:
                if message.status == "saving" or message.id in self._stamping:
                    break  # nothing overtakes
                if (frame := self._frame(message, limit)) is not None:
                    self._flight.setdefault(message.id, now)
                    frames.append(frame)
        for re, stop in self._stops.items():
            # A message that was not even sent yet cannot be stopped; its turn comes.
            is_due = stop.account == self.account and not stop.transmitted
            if is_due and (re not in self.messages or re in self._flight):
                stop.transmitted = True
                frames.append(Stop(re=re))
        return frames

    def _may_send(self, now: float) -> bool:
        if self._hold_until is None:
            return True
        if self._flight or now < self._hold_until:
            return False
        self._hold_until = None
        return True

    def _frame(self, message: Message, limit: int) -> Send | Withdraw | None:
        id, has_room = message.id, len(self._flight) < limit
        if message.status == "withdrawing":
            if id in self._saving or id in self._withdrawn or not (has_room or id in self._flight):
                return None
            self._withdrawn.add(id)
            if id in self._flight:
                self._recanted.add(id)
            return Withdraw(id=id)
        if message.status == "queued" and has_room and not self._recanted:
            self._set(id, status="sent", transmitted=True)
            return Send(id=id, text=message.text, context=message.context)
        return None

    def _set(self, id: str, **changes: Any) -> None:
        self.messages[id] = replace(self.messages[id], **changes)
        self._changed = True


def _journalled(message: Message) -> tuple[str | None, str | None]:
    """What the journal must know of a message besides its words."""
    return _JOURNALLED.get(message.status), message.account
