"""Reports of the tutor's messages, and the erasure of the conversation, until the server has them.

A request is in the journal before it is sent. It is sent once on each connection, from the moment
that connection is live, and again on the next one, until

    a report     is confirmed by `reported`, or its event is gone from the log. A server ignores a
                 report of an event that is gone; see `IGNORED_AFTER`
    an erasure   is carried out: the connection ends with 4410 (`Requests.erased`)
    either       meets a server that does not offer it: see `delivery`

A request belongs to one account, as a message does (see `delivery`), and is sent for no other.

Of one event at most one report is in flight, so that a confirmation always means the newest: a
second report replaces the first, and waits until the first is answered. Reports are no proof that
a server lives: it ignores those of events that it does not have. An erasure is: see
`machine.Session`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from tutor_widget.session.endings import LONGEST_ASKED
from tutor_widget.session.message import Request
from tutor_widget.session.transcript import Transcript
from tutor_widget.wire import Erase, Refused, Report

LEAST_HOLD: Final = 1.0
"""Seconds that a refused report waits at least: a server may not make us a busy loop."""
IGNORED_AFTER: Final = 90.0
"""Seconds after which a server that is still heard has had a report. It drops a client that it has
not heard for 60 s, and closes after 10 s if it cannot store (docs/protocol.md)."""
KEPT_REPORTED: Final = 200
"""Newest confirmed reports that are remembered, so that people see what they have reported."""


class Requests:
    """The requests of all accounts, oldest first. Times in seconds."""

    def __init__(self) -> None:
        self.waiting: dict[str, Request] = {}
        """By the request's id."""
        self.reported: dict[str, None] = {}
        """The events whose reports were confirmed, oldest first."""
        self.erase_sent_at: float | None = None
        """When the erasure was transmitted on this connection."""
        self._saving: dict[str, Request] = {}  # what the journal is busy with
        # Reports in flight: by event, the request, and when it was transmitted.
        self._sent: dict[str, tuple[str, float]] = {}
        self._tried: set[str] = set()  # requests that were transmitted on this connection
        self._hold_until: float | None = None

    def of(self, account: str | None) -> list[Request]:
        """The account's requests."""
        return [request for request in self.waiting.values() if request.account == account]

    def reports(self, account: str | None) -> list[Request]:
        """The account's reports that wait."""
        return [request for request in self.of(account) if request.op == "report"]

    # --- the learner's side ---------------------------------------------------------------------

    def add(self, request: Request) -> list[str]:
        """Add a request. Returns the ids of those that it replaces."""
        replaced = [
            other.id
            for other in self.of(request.account)
            if (other.op, other.event) == (request.op, request.event) and other.id != request.id
        ]
        for id in replaced:
            self.remove(id)
        self.reported.pop(request.event, None)
        self.waiting[request.id] = request
        return replaced

    def add_first(self, requests: Iterable[Request]) -> list[str]:
        """Add requests from a journal. Returns the ids of those that newer ones replace."""
        newer = self.waiting
        self.waiting = {request.id: request for request in requests}
        return [id for request in newer.values() for id in self.add(request)]

    def to_save(self, id: str) -> Request | None:
        """The request for the journal; None while it is busy with an earlier version."""
        if id in self._saving:
            return None
        self._saving[id] = self.waiting[id]
        return self.waiting[id]

    def is_saving(self, id: str) -> bool:
        """Whether the journal is busy with the request."""
        return id in self._saving

    def saved(self, id: str) -> bool:
        """The journal has what it was given. Returns whether that is outdated."""
        version = self._saving.pop(id, None)
        return id in self.waiting and self.waiting[id] != version

    def remove(self, id: str) -> bool:
        """Remove a settled request; False if it was not here."""
        self._saving.pop(id, None)
        self._tried.discard(id)
        return self.waiting.pop(id, None) is not None

    def claim(self, account: str | None) -> list[str]:
        """Give the account the requests without one; returns their ids, to save."""
        if account is None:
            return []
        claimed = [replace(request, account=account) for request in self.of(None)]
        self.waiting |= {request.id: request for request in claimed}
        return [request.id for request in claimed]

    # --- the server's side ----------------------------------------------------------------------

    def confirmed(self, event: str) -> str | None:
        """The server has the report of this event. Returns the request that this settles."""
        id, _ = self._sent.pop(event, ("", 0.0))
        if not self.remove(id):
            return None  # it was replaced meanwhile: the newer one is sent now
        self.reported[event] = None
        for old in list(self.reported)[:-KEPT_REPORTED]:
            del self.reported[old]
        return id

    def refused(self, frame: Refused, now: float) -> str | None:
        """The server refused a message, or a report. Returns the report that it never takes."""
        if frame.id not in self._sent:
            return None
        id, _ = self._sent.pop(frame.id)
        if frame.retry_after is None:
            return id if self.remove(id) else None
        self._tried.discard(id)
        self._hold_until = now + min(max(frame.retry_after, LEAST_HOLD), LONGEST_ASKED)
        return None

    def gone(self, account: str | None, transcript: Transcript) -> list[str]:
        """The reports of events that are in the account's log no more."""
        return [
            request.id
            for request in self.reports(account)
            if request.epoch not in (None, transcript.epoch)
            or (not transcript.holds(request.event) and not transcript.is_before(request.seq))
        ]

    def ignored(self, heard_at: float) -> list[str]:
        """The reports that the server, which was heard last at this time, has and ignores."""
        late = [event for event, (_, at) in self._sent.items() if at <= heard_at - IGNORED_AFTER]
        return [id for id, _ in map(self._sent.pop, late)]

    def woke(self, now: float) -> None:
        """The machine slept. What is read now may be older than the server's last word of us, so
        the time after which a report counts as had begins anew."""
        self._sent = {event: (id, now) for event, (id, _) in self._sent.items()}

    def erased(self, account: str | None) -> list[str]:
        """The account's conversation was erased: its requests are carried out, or pointless, as
        those of no account are. Returns their ids."""
        self.reported.clear()
        self._saving.clear()  # the journal forgets what it has not written
        return [r.id for r in self.waiting.values() if r.account in (None, account)]

    def disconnected(self) -> None:
        """The connection is over: nothing is in flight any more. A hold goes on."""
        self._sent.clear()
        self._tried.clear()
        self.erase_sent_at = None

    # --- sending --------------------------------------------------------------------------------

    @property
    def wake_at(self) -> float | None:
        """When refused reports may be sent again; None if none was refused."""
        return self._hold_until

    def transmit(self, account: str | None, now: float) -> list[Report | Erase]:
        """The frames to send now; they count as in flight from here on."""
        if self._hold_until is not None and now >= self._hold_until:
            self._hold_until = None
        frames: list[Report | Erase] = []
        for request in self.of(account):
            if request.id in (*self._saving, *self._tried):
                continue
            if request.op == "erase":
                self.erase_sent_at = now
                frames.append(Erase())
            elif self._hold_until is not None or request.event in self._sent:
                continue
            else:
                self._sent[request.event] = request.id, now
                frames.append(Report(request.event, request.text or None, request.share or None))
            self._tried.add(request.id)
        return frames
