"""What a browser is told of a session: whole, and what changed since (docs/comm.md).

A `Mirror` gathers what the client says has changed and turns it into the traits' new values and one
change message. It decides what to say and when; the widget says it.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any, Final

from tutor_widget import words
from tutor_widget.session import Message, Phase, Reply, Session
from tutor_widget.session import effects as do
from tutor_widget.wire import Event

SOON: Final = 0.03
"""Seconds for what belongs together to come together."""
SETTLING: Final = 0.1
"""Seconds in which a message usually passes through the queue without needing to be shown."""
BETWEEN_DELTAS: Final = 0.2
"""Seconds of a reply that go into one message: an envelope costs more than the words."""


class Mirror:
    """See the module. ``history``, ``queue``, … are the traits' values as last told."""

    def __init__(self) -> None:
        self.history: list[dict[str, Any]] = []
        self._events: list[dict[str, Any]] = []  # committed, not yet told
        self._older: list[dict[str, Any]] = []
        self._gone: list[str] = []
        self._told_queue: dict[str, Message] = {}
        self._told_reply: Reply | None = None
        self._dirty: set[type] = set()
        self._delta_at = 0.0
        self.is_whole = True
        """The next thing to tell is everything."""

    def gather(self, changes: Iterable[do.Change], session: Session, now: float) -> float | None:
        """Take what changed; in how many seconds to tell of it, None: not yet."""
        for change in changes:
            self._dirty.add(type(change))
            match change:
                case do.Committed(event) if not self.is_whole:
                    self._events.append(_event(event, session))
                    if len(self._events) > len(session.transcript.events):
                        self.start_over()  # more came than is held
                case do.HistoryReplaced():
                    self.start_over()
                case do.OlderArrived(events):
                    self._older[:0] = [_event(event, session) for event in events]
                case do.TakenBack(id) | do.Acknowledged(id) | do.MovedAway(id):
                    self._gone.append(id)
                case _:
                    pass
        if session.phase is Phase.REPLAYING:
            return None  # a replay is told once, when it is through
        if do.Committed in self._dirty:
            return 0.0  # whoever awaited this event finds it in the history
        if self._dirty == {do.QueueChanged}:
            return SETTLING
        if self._dirty <= {do.QueueChanged, do.ReplyChanged} and self._told_reply is not None:
            return max(SOON, self._delta_at + BETWEEN_DELTAS - now)
        return SOON

    def start_over(self) -> None:
        """Whatever was told before no longer counts."""
        self.is_whole = True
        self._events.clear()
        self._older.clear()
        self._gone.clear()

    def tell(self, session: Session, now: float) -> dict[str, Any]:
        """What changed since it was last asked, as keys of a change message; {} if nothing did.

        `history` is up to date afterwards. Connection and view are the widget's to add.
        """
        said: dict[str, Any] = {}
        outgoing = session.outgoing.shown
        if changed := [m for m in outgoing.values() if self._told_queue.get(m.id) != m]:
            said["queue"] = [_message(m) for m in changed]
        if self._gone:
            said["gone"] = self._gone
        if self._events:
            said["events"] = self._events
        if (reply := self._reply(session.transcript.reply)) is not False:
            said["reply"] = reply
            self._delta_at = now
        if self._older:
            said["older"] = self._older
        if do.StateChanged in self._dirty:
            said["state"] = session.transcript.state
        self._update_history(session)
        self._told_queue = dict(outgoing)
        self._events, self._older, self._gone = [], [], []
        self._dirty.clear()
        self.is_whole = False
        return said

    def _reply(self, reply: Reply | None) -> dict[str, Any] | bool | None:
        """What to say of the reply under way; False: nothing."""
        told, self._told_reply = self._told_reply, reply
        if reply == told:
            return False
        if reply is None:
            # Its event says so by itself.
            assert told is not None
            return False if any(e.get("re") == told.re for e in self._events) else None
        goes_on = (
            told is not None
            and (told.re, told.id, told.place) == (reply.re, reply.id, reply.place)
            and reply.text.startswith(told.text)
        )
        if goes_on:
            assert told is not None
            return {"from": len(told.text), "text": reply.text[len(told.text) :]}
        said: dict[str, Any] = {"re": reply.re, "id": reply.id, "from": 0, "text": reply.text}
        if reply.place is not None:
            said["place"] = reply.place
        return said

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
    """The trait ``connection``: where things stand, in Unix ms of this clock."""
    standing = session.standing(now)
    wall = time.time()

    def unix(at: float | None) -> int | None:
        return None if at is None else round((wall + at - now) * 1000)

    return {
        "status": standing.status,
        "since": unix(standing.since),
        "attempt": standing.attempt,
        "retry_at": unix(standing.retry_at),
        "now": unix(now),
        "reason": words.sentence(standing.code, standing.args),
        "advice": words.advice(standing.advice),
        "code": standing.code,
        "args": standing.args,
        "server": server,
        "outage": None if standing.outage is None else round(standing.outage, 3),
    }


def no_connection_yet(server: str) -> dict[str, Any]:
    """The trait ``connection`` before there is one."""
    now = round(time.time() * 1000)
    times = {"since": now, "attempt": 1, "retry_at": None, "now": now}
    told = {"reason": "", "advice": "", "code": "", "args": {}}
    return {"status": "connecting", **times, **told, "server": server, "outage": None}


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
    return item if reply.place is None else item | {"place": reply.place}
