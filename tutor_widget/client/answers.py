"""The answers that programs wait for (`TutorChat.ask`)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from concurrent.futures import Future

from tutor_widget.codes import known
from tutor_widget.errors import Closed, Refused
from tutor_widget.session import Message
from tutor_widget.session import effects as do
from tutor_widget.session.queue.outgoing import Outgoing
from tutor_widget.wire import Event


class Answers:
    """Futures for the tutor's answers, by message id. The caller may cancel its future."""

    def __init__(self) -> None:
        self._futures: dict[str, Future[Event]] = {}

    def expect(self, id: str) -> Future[Event]:
        """The answer to this message, when it comes."""
        return self._futures.setdefault(id, Future())

    @property
    def expected(self) -> Collection[str]:
        """The ids of the messages whose answers are waited for."""
        return self._futures.keys()

    def settle(self, changes: Iterable[do.Change], queue: Outgoing) -> None:
        """Resolve what the changes decide. Failed messages of the queue get none."""
        if not self._futures:
            return
        for change in changes:
            match change:
                case do.Committed(Event(re=str() as re) as event):
                    self._resolve(re, event)
                case do.OlderArrived(events):
                    for event in events:
                        if event.re is not None:
                            self._resolve(event.re, event)
                case do.TakenBack(id):
                    self._resolve(id, Refused(code="withdrawn"))
                case do.QueueChanged():
                    for message in queue.shown.values():
                        if message.status == "failed":
                            self._resolve(message.id, _refusal(message))
                case _:
                    pass

    def take(self, other: Answers, ids: Iterable[str] | None = None) -> None:
        """Take over what another client's callers wait for; None: all of it."""
        for id in list(other._futures if ids is None else ids):
            if id in other._futures:
                self._futures[id] = other._futures.pop(id)

    def close(self) -> None:
        """No answer comes any more."""
        self.end(Closed(code="closed_before_answer"))

    def end(self, error: Exception, but: Collection[str] = ()) -> None:
        """No answer comes any more, except to messages of these ids."""
        for id in self._futures.keys() - set(but):
            self._resolve(id, error)

    def _resolve(self, id: str, outcome: Event | Exception) -> None:
        future = self._futures.pop(id, None)
        if future is None or future.done():
            return
        if isinstance(outcome, Exception):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)


def _refusal(message: Message) -> Refused:
    return Refused(message.reason, code=known(message.code))
