"""A session as traits, and as changes of them (docs/comm.md).

A `Mirror` gathers what the client reports and makes the traits' new values and one change message
of it. It decides what a page needs and when; `page.Page` sends it.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from tutor_widget import words
from tutor_widget.session import Message, Phase, Reply, Session
from tutor_widget.session import effects as do
from tutor_widget.session.status import ConnectionStatus
from tutor_widget.wire import Event

SOON: Final = 0.03
"""Seconds in which changes that belong together arrive."""
SETTLING: Final = 0.1
"""Seconds in which most messages pass through the queue. A page need not show those."""
BETWEEN_DELTAS: Final = 0.2
"""Seconds of a reply in one message: its envelope is larger than the text."""


class Mirror:
    """Gathers changes, and turns them into one message.

    ``history`` is the value of the trait, as of the last `take_change`.
    """

    def __init__(self) -> None:
        self.history: list[dict[str, Any]] = []
        self._events: list[dict[str, Any]] = []  # committed, and not yet sent
        self._older: list[dict[str, Any]] = []
        self._gone: list[str] = []
        self._sent_queue: dict[str, Message] = {}
        self._sent_reply: Reply | None = None
        self._dirty: set[type] = set()
        self._delta_at = 0.0
        self.is_whole = True
        """The next message replaces all that was sent before."""

    def gather(self, changes: Iterable[do.Change], session: Session, now: float) -> float | None:
        """Gather what changed; returns in how many seconds to send it, None for not yet."""
        for change in changes:
            self._dirty.add(type(change))
            match change:
                case do.Committed(event) if not self.is_whole:
                    self._events.append(_event(event, session))
                    if len(self._events) > len(session.transcript.events):
                        self.start_over()  # more came than is held
                    elif event.id in session.outgoing.messages:
                        # It is another account's and stays; a page takes the event for its
                        # acknowledgement.
                        self.start_over()
                case do.HistoryReplaced():
                    self.start_over()
                case do.OlderArrived(events):
                    self._older[:0] = [_event(event, session) for event in events]
                case do.TakenBack(id) | do.Acknowledged(id) | do.MovedAway(id):
                    self._gone.append(id)
                case _:
                    pass
        if session.phase is Phase.REPLAYING:
            return None  # a replay is sent whole, when it is complete
        if do.Committed in self._dirty:
            return 0.0  # code that awaited this event finds it in the history
        if self._dirty == {do.QueueChanged}:
            return SETTLING
        if self._dirty <= {do.QueueChanged, do.ReplyChanged} and self._sent_reply is not None:
            return max(SOON, self._delta_at + BETWEEN_DELTAS - now)
        return SOON

    def start_over(self) -> None:
        """Discard what was sent and gathered: the next message is whole."""
        self.is_whole = True
        self._events.clear()
        self._older.clear()
        self._gone.clear()

    def take_change(self, session: Session, now: float) -> dict[str, Any]:
        """Returns what changed since the last call, as keys of a change message; {} for nothing.

        It also brings `history` up to date. The keys ``connection`` and ``view`` are not here.
        """
        change: dict[str, Any] = {}
        outgoing = session.outgoing.shown
        if changed := [m for m in outgoing.values() if self._sent_queue.get(m.id) != m]:
            change["queue"] = [_message(m) for m in changed]
        if self._gone:
            change["gone"] = self._gone
        if self._events:
            change["events"] = self._events
        if (reply := self._reply(session.transcript.reply)) is not False:
            change["reply"] = reply
            self._delta_at = now
        if self._older:
            change["older"] = self._older
        if do.StateChanged in self._dirty:
            change["state"] = session.transcript.state
        self._update_history(session)
        self._sent_queue = dict(outgoing)
        self._events, self._older, self._gone = [], [], []
        self._dirty.clear()
        self.is_whole = False
        return change

    def _reply(self, reply: Reply | None) -> dict[str, Any] | bool | None:
        """The key ``reply`` for the reply under way; False if a page needs none."""
        sent, self._sent_reply = self._sent_reply, reply
        if reply == sent:
            return False
        if reply is None:
            # The event of the reply ends it, where there is one.
            assert sent is not None
            return False if any(e.get("re") == sent.re for e in self._events) else None
        continues = (
            sent is not None
            and replace(sent, text="") == replace(reply, text="")
            and reply.text.startswith(sent.text)
        )
        if continues:
            assert sent is not None
            return {"from": len(sent.text), "text": reply.text[len(sent.text) :]}
        whole: dict[str, Any] = {"re": reply.re, "id": reply.id, "from": 0, "text": reply.text}
        return whole | _waiting(reply)

    def _update_history(self, session: Session) -> None:
        transcript = session.transcript
        committed = [item for item in self.history if item["status"] != "streaming"]
        if self.is_whole:
            committed = [_event(event, session) for event in transcript.events]
        else:
            committed = self._older + committed + self._events
            committed = committed[len(committed) - len(transcript.events) :]
        reply = transcript.reply
        self.history = [*committed, _streaming(reply)] if reply is not None else committed


def queue(session: Session) -> list[dict[str, Any]]:
    """The trait ``queue``."""
    return [_message(message) for message in session.outgoing.shown.values()]


def connection(session: Session, server: str, now: float) -> dict[str, Any]:
    """The trait ``connection``, with times in Unix ms. ``now`` is by the session's clock, in s."""
    return _connection(session.connection_status(now), server, now)


def requests(session: Session) -> dict[str, Any]:
    """What `_view` says of reports, of the erasure, and of the state that a page shows."""
    reports = dict.fromkeys(session.requests.reported, "reported")
    waiting = session.requests.reports(session.account)
    return {
        "rev": session.transcript.rev,
        "offers": sorted(session.offers),
        "erasing": session.is_erasing,
        "reports": reports | {request.event: "waiting" for request in waiting},
    }


def no_requests() -> dict[str, Any]:
    """The same for a chat that has no client yet."""
    return {"rev": None, "offers": [], "erasing": False, "reports": {}}


def first_connection(server: str, now: float) -> dict[str, Any]:
    """The trait ``connection`` of a chat that has no client yet: its first attempt begins."""
    first = ConnectionStatus(
        "connecting",
        since=now,
        attempt=1,
        retry_at=None,
        code="",
        args={},
        advice="",
        server="",
        outage=None,
    )
    return _connection(first, server, now)


def _connection(status: ConnectionStatus, server: str, now: float) -> dict[str, Any]:
    wall = time.time()

    def unix(at: float | None) -> int | None:
        return None if at is None else round((wall + at - now) * 1000)

    return {
        "status": status.status,
        "since": unix(status.since),
        "attempt": status.attempt,
        "retry_at": unix(status.retry_at),
        "now": unix(now),
        "reason": words.sentence(status.code, status.args),
        "advice": words.advice(_advised(status)),
        "code": status.code,
        "args": status.args,
        "server": server,
        "outage": None if status.outage is None else round(status.outage, 3),
    }


def _advised(status: ConnectionStatus) -> str:
    """The code of what people can do. An outage passes by itself; a tutor that never answered may
    have another address."""
    return status.advice or (status.code if status.status == "connecting" else "")


def is_same_connection(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two values of the trait say the same. ``since`` and ``retry_at`` may differ by
    rounding, and ``now`` always differs."""
    return one.keys() == other.keys() and all(
        abs(value - other[name]) <= 2
        if name in ("since", "retry_at") and value and other[name]
        else value == other[name]
        for name, value in one.items()
        if name != "now"
    )


def _event(event: Event, session: Session) -> dict[str, Any]:
    item: dict[str, Any] = {
        "seq": event.seq,
        "id": event.id,
        "role": event.role,
        "text": event.text,
        "at": event.at,
        "status": event.status,
    }
    if event.re is not None:
        item["re"] = event.re
    if event.by is not None:
        item["by"] = event.by
    if (shared := session.outgoing.shared.get(event.id)) is not None:
        item["shared"] = shared
    return item


def _message(message: Message) -> dict[str, Any]:
    item = {
        "id": message.id,
        "text": message.text,
        "at": message.at,
        "status": message.status,
        "reason": message.reason or words.sentence(message.code),
    }
    if message.code:
        item["code"] = message.code
    return item if message.context is None else item | {"context": message.context}


def _streaming(reply: Reply) -> dict[str, Any]:
    item = {"id": reply.id, "re": reply.re, "role": "tutor", "text": reply.text}
    item["status"] = "streaming"
    return item | _waiting(reply)


def _waiting(reply: Reply) -> dict[str, Any]:
    """What a reply waits for, as keys: its place in the queue, or a person's approval."""
    place = {} if reply.place is None else {"place": reply.place}
    return place | ({"held": True} if reply.held else {})
