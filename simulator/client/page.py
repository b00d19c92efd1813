"""What a page shows, if all that it knows are the changes that the session published."""

from __future__ import annotations

from collections import Counter
from typing import Any, assert_never

from tutor_widget import wire
from tutor_widget.session import ConnectionStatus, Message, Reply, Session
from tutor_widget.session import effects as do


class Page:
    """The page of one client. It outlives the client's processes, what it shows does not."""

    def __init__(self) -> None:
        self.committed: list[str] = []
        """Ids that were shown as committed."""
        self.withdrawn: set[str] = set()
        """Ids that were shown as taken back, for certain."""
        self.settled: set[str] = set()
        """Ids that left the queue, and the reason was shown."""
        self.reported: set[str] = set()
        """Events that were ever shown as reported."""
        self.failed: set[str] = set()
        """Ids that were ever shown as failed."""
        self.reload()

    def reload(self) -> None:
        """Show the state of a process that has just begun."""
        self.history: list[wire.Event] = []
        self.queue: dict[str, Message] = {}
        self.reply: Reply | None = None
        self.state: dict[str, Any] = {}
        self.connection: ConnectionStatus | None = None
        self.changes: Counter[type] = Counter()
        self.reports: set[str] = set()
        """Events whose reports are shown as waiting."""

    @property
    def failing(self) -> set[str]:
        """Ids that are shown as failed now."""
        return {id for id, message in self.queue.items() if message.status == "failed"}

    @property
    def status(self) -> str:
        """The status word."""
        return self.connection.status if self.connection is not None else "connecting"

    def show(self, change: do.Change, session: Session, now: float, *, is_durable: bool) -> None:
        """Take in one change. Only what it is about is read from the session.

        ``is_durable``: the journal can be written, so that what was taken back stays so.
        """
        self.changes[type(change)] += 1
        transcript = session.transcript
        match change:
            case do.Committed(event):
                self.history.append(event)
                del self.history[: max(0, len(self.history) - transcript.bound)]
                if event.id in self.queue:
                    self._settle(event.id)
                self.committed.append(event.id)
            case do.HistoryReplaced():
                self.history.clear()
                self.reply = transcript.reply
            case do.OlderArrived(events):
                self.history[:0] = events
            case do.OlderRead():
                pass  # what is read is not shown
            case do.TakenBack(id):
                self._settle(id)
                if is_durable:
                    self.withdrawn.add(id)
            case do.Acknowledged(id) | do.MovedAway(id):
                self._settle(id)
            case do.QueueChanged():
                self.queue = session.outgoing.shown
                self.failed |= self.failing
            case do.ReplyChanged():
                self.reply = transcript.reply
            case do.StateChanged():
                self.state = transcript.state
            case do.ConnectionChanged():
                self.connection = session.connection_status(now)
            case do.RequestsChanged():
                self.reports = {r.event for r in session.requests.reports(session.account)}
                self.reported |= session.requests.reported.keys()
            case _:
                assert_never(change)

    def _settle(self, id: str) -> None:
        self.queue.pop(id, None)
        self.settled.add(id)
