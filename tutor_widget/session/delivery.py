"""Delivery: what events mean for the learner's messages and requests, and whose they are.

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
- An erasure (4410) ends what belongs to the account welcomed last, or to none, not what is
  another's. Before any welcome that is the account that the credentials were welcomed as in an
  earlier process, else the one that asked for an erasure. From the moment that the learner asks for
  one, no message of the account is sent any more. What was erased does not come back: journals of
  other processes may hold copies.

Requests (`queue.requests`) follow the same rules: a report or an erasure belongs to the account
whose log the learner saw. Before the first welcome nobody knows whether the server takes them: they
are kept, and the account's welcome decides. What it does not offer is dropped, and the learner is
told.

`machine.Session` and `received.Receiver` call this class and decide when; `outgoing.Outgoing` and
`requests.Requests` are what waits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Final, Literal

from tutor_widget import errors
from tutor_widget.codes import Code
from tutor_widget.errors import NotFound
from tutor_widget.wire import Erase, Event, Refused, Report, Reported, Send, Stop, Withdraw, is_id

from . import effects as do
from . import events as ev
from .endings import Ending
from .message import Entry, Message, Request
from .queue.outgoing import Outgoing
from .queue.requests import Requests
from .transcript import Transcript

UNOFFERED: Final[dict[str, Code]] = {"report": "no_reports", "erase": "no_erasure"}


class Delivery:
    """See the module. Every step gives its effects to ``emit``, in order."""

    def __init__(self, emit: Callable[[do.Effect], None]) -> None:
        self.outgoing = Outgoing()
        self.requests = Requests()
        self.offers: frozenset[str] | None = None
        """What else the server takes, by its last welcome: ``report``, ``erase``. None: there was
        no welcome yet."""
        self.refusal: Code | Literal[""] = ""
        """Why a request was dropped that had been accepted before a welcome, until the learner
        says or asks for something else."""
        self._recalled: str | None = None
        """The account that an earlier process was welcomed as. It owns nothing here: what is typed
        before the first welcome belongs to the account that is welcomed."""
        self._erased: set[str] = set()
        """Messages and requests that were erased here."""
        self._emit = emit

    @property
    def is_erasing(self) -> bool:
        """Whether the learner has asked to erase the account's conversation."""
        return any(request.op == "erase" for request in self._requests_here)

    @property
    def can_send(self) -> bool:
        """Whether something waits that may yet be sent for the account welcomed last."""
        requests = self.requests.waiting if self.offers is None else self._requests_here
        return bool(requests) or (self.outgoing.can_send and not self.is_erasing)

    @property
    def wake_at(self) -> float | None:
        """When what was refused may be sent again; None if nothing waits for that."""
        holds = [self.requests.wake_at]
        if not self.is_erasing:
            holds.append(self.outgoing.wake_at)
        return min((hold for hold in holds if hold is not None), default=None)

    @property
    def _account(self) -> str | None:
        """The account welcomed last; before the first welcome the one that is expected."""
        account = self.outgoing.account
        return self._recalled if self.offers is None and account is None else account

    @property
    def _requests_here(self) -> list[Request]:
        """The account's requests. Before the first welcome those of none are its, too."""
        account = self._account
        if self.offers is None and account is not None:
            return [*self.requests.of(None), *self.requests.of(account)]
        return self.requests.of(account)

    @property
    def erased_account(self) -> str | None:
        """The account whose conversation a server has erased; None if nobody can know it.

        That all that waits belongs to one account proves nothing: it may be another's.
        """
        account = self._account
        if self.offers is not None or account is not None:
            return account
        waiting = self.requests.waiting.values()
        asked = {request.account for request in waiting if request.op == "erase"}
        return asked.pop() if len(asked) == 1 else None

    def recall(self, event: ev.AccountRecalled) -> None:
        """Take what an earlier process knew of the account. A welcome knows better."""
        if self.offers is None:
            self._recalled = event.account

    def type(self, event: ev.Typed) -> bool:
        """Queue a message. False if its id is known already; then nothing changes.

        Raises Refused in a conversation that is to be erased.
        """
        if event.id in self.outgoing.messages:
            return False
        if self.is_erasing:
            raise errors.Refused(code="erasing")
        self.refusal = ""
        account = self.outgoing.account
        message = Message(
            event.id, event.text, event.at, event.context, account=account, rev=event.rev
        )
        self.outgoing.add(message)
        self.save([event.id])
        return True

    def report(self, event: ev.ReportRequested, transcript: Transcript) -> None:
        """Report an answer. Raises Refused where the server takes no reports, and NotFound."""
        request = Request(
            event.id, "report", event.at, event.event, text=event.reason, share=event.share
        )
        if self.offers is None:
            is_known = is_id(event.event)  # for the rest the server knows what it is
        else:
            self._check_offer("report")
            reported = transcript.find(event.event)
            is_known = reported is not None and reported.role == "tutor"
            seq = reported.seq if reported is not None else 0
            request = replace(request, seq=seq, epoch=transcript.epoch)
        if not is_known:
            raise NotFound(code="no_such_answer", id=event.event)
        self._ask(request)

    def request_erasure(self, event: ev.ErasureRequested) -> None:
        """Delete the conversation. Raises Refused where the server does not."""
        if self.is_erasing:
            return
        self._check_offer("erase")
        self._ask(Request(event.id, "erase", event.at))

    def _check_offer(self, op: Literal["report", "erase"]) -> None:
        if self.offers is not None and op not in self.offers:
            raise errors.Refused(code=UNOFFERED[op])

    def _ask(self, request: Request) -> None:
        if request.id in self.requests.waiting:
            return
        request = replace(request, account=self.outgoing.account)
        self.refusal = ""
        self._settle_requests(self.requests.add(request))
        self._save_requests([request.id])
        self._emit(do.RequestsChanged())

    def load(self, entries: Iterable[Entry]) -> None:
        """Take what was found in a journal, but for what was erased here."""
        found = tuple(entries)
        for entry in found:
            if entry.id in self._erased:
                self._emit(do.Forget(entry.id))
        entries = [entry for entry in found if entry.id not in self._erased]
        self.outgoing.add_first(entry for entry in entries if isinstance(entry, Message))
        self._load_requests([entry for entry in entries if isinstance(entry, Request)])

    def inherit(self, event: ev.Inherited) -> list[str]:
        """Take the queue of another client of this process. Returns the ids of its messages."""
        came = self.outgoing.inherit(event.queue)
        for id in came:
            self.save([id])
        self.requests.reported = dict.fromkeys(event.reported) | self.requests.reported
        new = [request for request in event.requests if request.id not in self.requests.waiting]
        self._load_requests(new)
        self._save_requests([r.id for r in new if r.id in self.requests.waiting])
        return came

    def _load_requests(self, requests: list[Request]) -> None:
        if requests:
            self._settle_requests(self.requests.add_first(requests))
            self._emit(do.RequestsChanged())

    def _settle_requests(self, ids: Iterable[str]) -> None:
        for id in ids:
            self.requests.remove(id)
            self._emit(do.Forget(id))
            self._emit(do.RequestsChanged())

    def hand_over(self, event: ev.HandedOver) -> None:
        """Remove messages and requests of other accounts that another client has saved."""
        for id in event.ids:
            request = self.requests.waiting.get(id)
            if request is not None and request.account != self.outgoing.account:
                self._settle_requests([id])
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
            if id in self.requests.waiting:
                if self.requests.saved(id):
                    self._save_requests([id])
                self._emit(do.RequestsChanged())
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
        """The server refused a message, or a report."""
        if (id := self.requests.refused(frame, now)) is not None:
            self._drop_reports([id])
        match self.outgoing.refused(frame, now):
            case "failed":
                self.save([frame.id])
            case "taken back":
                self.take_back(frame.id)
            case "held" | "unknown":
                pass

    def reported(self, frame: Reported) -> None:
        """The server has a report."""
        if (id := self.requests.confirmed(frame.id)) is not None:
            self._settle_requests([id])

    def welcomed(self, account: str | None, offers: Iterable[str]) -> None:
        """A server welcomed this account, and offers this: save what becomes the account's."""
        self.offers = frozenset(offers)
        if account is not None or self._recalled is not None:
            self._recalled = account
            self._emit(do.RememberAccount(account))
        self.save(self.outgoing.welcomed(account))
        self._claim_requests(self.offers)
        self._emit(do.RequestsChanged())

    def claim(self) -> None:
        """Give the account that is welcomed what belongs to none."""
        self.save(self.outgoing.claim())
        self._claim_requests(self.offers or frozenset())

    def _claim_requests(self, offers: frozenset[str]) -> None:
        """Give the account those of none, and drop what its server does not take."""
        account = self.outgoing.account
        claimed = self.requests.claim(account)
        for request in self.requests.of(account):
            if request.op not in offers:
                self.refusal = UNOFFERED[request.op]
                self._settle_requests([request.id])
        self._save_requests(id for id in claimed if id in self.requests.waiting)

    def drop_gone(self, transcript: Transcript) -> None:
        """The connection is live: drop the reports of events that its log does not have."""
        self._settle_requests(self.requests.gone(self.outgoing.account, transcript))

    def drop_ignored(self, heard_at: float) -> None:
        """Drop the reports that the server ignores; it was heard last at this time."""
        self._drop_reports(self.requests.ignored(heard_at))

    def _drop_reports(self, ids: list[str]) -> None:
        """The server does not take these reports: say so."""
        if ids:
            self.refusal = "report_refused"
            self._settle_requests(ids)
            self._emit(do.ConnectionChanged())

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
        self.left()
        return strike.by_close_frame

    def left(self) -> None:
        """There is no connection any more."""
        self.outgoing.disconnected()
        self.requests.disconnected()

    def transmit(self, now: float, limit: int) -> Sequence[Send | Withdraw | Stop | Report | Erase]:
        """The frames to send now on a live connection, in order.

        While the conversation waits for its erasure nothing else is sent: the tutor need not read
        what is deleted.
        """
        account = self.outgoing.account
        requested = self.requests.transmit(account, now)
        if self.is_erasing:
            return requested
        return [*self.outgoing.transmit(now, limit), *requested]

    def settle(self, ids: Iterable[str]) -> None:
        """These ids are in the log of a live connection: such messages need not be sent."""
        for id in ids:
            if self.outgoing.acknowledged(id):
                self._emit(do.Forget(id))
                self._emit(do.Acknowledged(id))

    def erase(self, account: str | None) -> None:
        """The account's conversation was erased: drop its messages, and those of no account."""
        requests = self.requests.erased(account)
        left = self.outgoing.erased(account)
        messages = [id for id in self.outgoing.messages if id not in left.messages]
        self._settle_requests(requests)
        for id in messages:
            self.take_back(id)
        self._erased.update(requests, messages)
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

    def save_all(self) -> None:
        """Give all that waits to the journal: it has been erased."""
        self.save(self.outgoing.messages)
        self._save_requests(self.requests.waiting)

    def _save_requests(self, ids: Iterable[str]) -> None:
        for id in ids:
            if (request := self.requests.to_save(id)) is not None:
                self._emit(do.Save(request))

    def _message(self, id: str) -> Message:
        try:
            return self.outgoing.messages[id]
        except KeyError:
            raise NotFound(code="no_such_message", id=id) from None
