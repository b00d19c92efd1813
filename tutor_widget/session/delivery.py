"""Delivery: what events mean for the learner's messages, and which account they belong to.

A log and a queue belong to one account, and only a welcome says whose they are:

- What is typed belongs to the account welcomed last. What belongs to no account yet goes to the
  first account that a welcome names. The journal has it before it is sent.
- A live connection is sent messages, withdrawals and stops of its own account only. The others stay
  in the queue and the journal, are shown as failed, and go out when their account is welcomed
  again. A server that names no account is sent none that has one.
- A message that is withdrawn leaves at once if no server can have it. Else its withdrawal waits for
  its own account: only there can the server promise that it never commits it.
- "Try again" gives a message to the present account, but only one that no server can have: another
  could be in two logs.
- An erasure (4410) ends what belongs to the account welcomed last, not what is another's.

`machine.Session` and `received.Receiver` call this class and decide when; `outgoing.Outgoing` is
the queue.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tutor_widget import errors
from tutor_widget.errors import NotFound
from tutor_widget.wire import Event, Refused

from . import effects as do
from . import events as ev
from .endings import Ending
from .message import Message
from .queue.outgoing import Outgoing


class Delivery:
    """See the module. Every step gives its effects to ``emit``, in order."""

    def __init__(self, emit: Callable[[do.Effect], None]) -> None:
        self.outgoing = Outgoing()
        self._emit = emit

    def type(self, event: ev.Typed) -> bool:
        """Queue a message. False if its id is known already; then nothing changes."""
        if event.id in self.outgoing.messages:
            return False
        account = self.outgoing.account
        self.outgoing.add(Message(event.id, event.text, event.at, event.context, account=account))
        self.save([event.id])
        return True

    def hand_over(self, event: ev.HandedOver) -> None:
        """Remove messages of other accounts that another client has saved."""
        for id in event.ids:
            message = self.outgoing.messages.get(id)
            if message is not None and message.account != self.outgoing.account:
                self.outgoing.remove(id)
                self.outgoing.answered(id)
                self._emit(do.Forget(id))
                self._emit(do.MovedAway(id))

    def orphaned(self, event: ev.Orphaned) -> None:
        """Another process may have sent what was in the journal."""
        self.outgoing.orphaned()

    def saved(self, event: ev.Saved) -> None:
        """The journal has what it was given; give it what has changed since."""
        for id in event.ids:
            match self.outgoing.saved(id):
                case "outdated":
                    self.save([id])
                case "taken back":
                    self.take_back(id)
                case "settled":
                    pass

    def discard(self, event: ev.Discarded) -> None:
        """Withdraw a message. Raises NotFound."""
        if self._message(event.id).status != "withdrawing":
            self.outgoing.discard(event.id)
            self.save([event.id])

    def retry(self, event: ev.Retried) -> None:
        """Queue a failed message again. Raises NotFound, or Refused if another account's server
        may have it."""
        message = self._message(event.id)
        if self.outgoing.shown[event.id].status != "failed":
            return
        if self.outgoing.is_foreign(event.id) and message.transmitted:
            raise errors.Refused(code="maybe_sent")
        self.outgoing.retry(event.id)
        self.save([event.id])

    def refused(self, frame: Refused, now: float) -> None:
        """The server refused a message."""
        match self.outgoing.refused(frame, now):
            case "failed":
                self.save([frame.id])
            case "taken back":
                self.take_back(frame.id)
            case "held" | "unknown":
                pass

    def welcomed(self, account: str | None) -> None:
        """A server welcomed this account: save what becomes its."""
        self.save(self.outgoing.welcomed(account))

    def committed(self, event: Event) -> bool:
        """An event came. Returns whether it acknowledges a message of the queue."""
        acknowledged = self.outgoing.acknowledged(event.id)
        if event.re is not None:
            self.outgoing.answered(event.re)
        if acknowledged:
            self._emit(do.Forget(event.id))
        return acknowledged

    def disconnected(self, ending: Ending, now: float) -> bool:
        """The connection is over. Returns whether a message is blamed for it, not the protocol."""
        strike = self.outgoing.strike(ending, now)
        self.save(strike.set_aside)
        self.outgoing.disconnected()
        return strike.by_close_frame

    def settle(self, ids: Iterable[str]) -> None:
        """These ids are in the log of a live connection: such messages need not be sent."""
        for id in ids:
            if self.outgoing.acknowledged(id):
                self._emit(do.Forget(id))
                self._emit(do.Acknowledged(id))

    def erase(self) -> None:
        """The account's conversation was erased: drop its messages."""
        left = self.outgoing.erased()
        for id in self.outgoing.messages:
            if id not in left.messages:
                self.take_back(id)
        self.outgoing = left

    def take_back(self, id: str) -> None:
        """The message left the queue and is never committed."""
        self.outgoing.answered(id)
        self._emit(do.Forget(id))
        self._emit(do.TakenBack(id))

    def save(self, ids: Iterable[str]) -> None:
        """Give the messages to the journal, unless it is busy with an earlier version."""
        for id in ids:
            if (message := self.outgoing.to_save(id)) is not None:
                self._emit(do.Save(message))

    def _message(self, id: str) -> Message:
        try:
            return self.outgoing.messages[id]
        except KeyError:
            raise NotFound(code="no_such_message", id=id) from None
