"""What a client sends: each frame is decoded, judged, and acted on.

Its messages become writes in the store, and the outcomes of the writes become answers.

A message has one of three outcomes. It is taken: queued in the store, and acknowledged when its
event is durable. It is refused for good. Or it is refused for now; then the gate of this connection
stays shut for all other messages until it is sent again. A message that is committed already is
answered with its event even then, so the store is asked before each refusal for now.
"""

from __future__ import annotations

import asyncio
import math
from asyncio import Future
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from tutor_widget.errors import ProtocolError
from tutor_widget.server.limits import AccountLimits
from tutor_widget.server.logs import audit, log
from tutor_widget.server.metrics import Metrics
from tutor_widget.server.sessions.listener import Dropped
from tutor_widget.server.sessions.live import LiveSession
from tutor_widget.server.settings import Settings
from tutor_widget.server.store import Erased, Kept, Message, Outcome, Store, StoreError
from tutor_widget.wire import (
    ClientFrame,
    Erase,
    Hello,
    Older,
    Page,
    Refused,
    Report,
    Reported,
    Send,
    ServerFrame,
    Stop,
    Withdraw,
    context_fault,
    decode_client,
    is_blank,
)
from tutor_widget.words import sentence

from .resend_order import Gate

__all__ = ["OFFERS", "BinaryFrameError", "Inbound", "Sender", "decoded"]

OFFERS: Final = ["report", "erase"]
"""What a welcome says that this server takes besides messages."""

T = TypeVar("T")
_PAGE_SIZE: Final = 1 << 20
"""Bytes of events in one page (protocol.md §1)."""
_PAGE_EVENTS: Final = 200
_FLOOD: Final = 1024
"""Frames waiting for their commit. With more the connection breaks the protocol."""
_SOON: Final = 0.5
"""Seconds after which a message is sent again that was refused with ``unacked``."""
_UNTIL_ROOM: Final = 60.0
"""Seconds after which a message is sent again for which the account's storage had no room."""
_REASONS: Final = {
    "too_long": "This message is too long: {} characters are allowed.",
    "empty": "This message is empty.",
    "rate": "You are sending messages too quickly. It will be sent again in a moment.",
    "unacked": "Too many messages are on their way. It will be sent again in a moment.",
    "full": "There is no room for more of your messages. Delete a conversation that you do not "
    "need any more. This message is sent again every minute.",
    "conflict": "Another message was sent under this id.",
    "withdrawn": "This message was taken back.",
}


class BinaryFrameError(Exception):
    """A client sent a binary frame. The frames of the protocol are text."""


def decoded(data: str | bytes) -> ClientFrame | None:
    """The frame that a client sent; None if its type is unknown.

    Raises BinaryFrameError for a binary frame, ProtocolError for what breaks the protocol.
    """
    if isinstance(data, bytes):
        raise BinaryFrameError
    return decode_client(data)


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends on a connection: what applies to them, and what is kept with their messages."""

    owner: str
    """The owner of the limits."""
    limits: AccountLimits
    most_bytes: int
    """What the account may have stored, in bytes; 0 is no limit."""
    lang: str | None
    """The language of the interface, that the hello named."""


class Inbound:
    """Decodes, judges and acts on the frames of one welcomed connection.

    ``tell`` sends a frame to this client only. ``fail`` ends the connection for a fault of the
    server.
    """

    def __init__(
        self,
        session: LiveSession,
        store: Store,
        settings: Settings,
        sender: Sender,
        metrics: Metrics,
        tell: Callable[[ServerFrame], None],
        fail: Callable[[BaseException], None],
    ) -> None:
        self.gate = Gate()
        self._pending = 0
        """Writes that are not durable yet."""
        self._settled: Future[None] | None = None
        """Done when there is none any more, if somebody waits for that."""
        self._session = session
        self._store = store
        self._limits = settings.limits
        self._erased_days = settings.mark_days
        self._sender = sender
        self._metrics = metrics
        self._tell = tell
        self._fail = fail
        self._unacked = 0
        self._newest: str | None = None
        """The message that was given to the store last."""

    async def receive(self, data: str | bytes) -> None:
        """Decode one frame and act on it. Waits for reads, never for a commit.

        Raises what `decoded` raises, ProtocolError also if the frame must not come now, StoreError
        if a read fails.
        """
        match decoded(data):
            case Send() as frame:
                await self._send(frame)
            case Withdraw(id=message_id):
                await self._withdraw(message_id)
            case Stop(re=message_id):
                stopping = self._store.stop(self._session.key, message_id)
                self._when_durable(stopping, lambda known: self._stopped(message_id, known))
            case Older() as frame:
                await self._older(frame)
            case Hello():
                raise ProtocolError("type", "a second hello")
            case Report() as frame:
                self._report(frame)
            case Erase():
                self._erase()
            case None:
                pass  # of an unknown type: ignored

    async def settled(self, patience: float) -> None:
        """Wait until all writes are durable and acknowledged, at most ``patience`` s."""
        if self._pending:
            self._settled = asyncio.get_running_loop().create_future()
            await asyncio.wait({self._settled}, timeout=patience)

    async def _send(self, frame: Send) -> None:
        now = asyncio.get_running_loop().time()
        if (wait := self.gate.wait(frame.id, now)) > 0:
            await self._refuse_unless_known(frame.id, frame.text, wait)
            return
        self.gate.open()
        if (fault := self._fault(frame)) is not None:
            self._tell(fault)
            self._metrics.count("refused", code=fault.code)
        elif self._unacked >= self._limits.unacked:
            self.gate.shut(frame.id, now + _SOON)
            await self._refuse_unless_known(frame.id, frame.text, _SOON, "unacked")
        elif (wait := self._sender.limits.take_message(self._sender.owner, now)) > 0:
            self.gate.shut(frame.id, now + wait)
            await self._refuse_unless_known(frame.id, frame.text, wait)
        else:
            message = Message(frame.id, frame.text, _shared(frame), frame.rev, self._sender.lang)
            # The store may refuse what is under way, and have room for what is sent behind it.
            behind = self._newest if self._unacked else None
            self._unacked += 1
            self._newest = frame.id
            worker = self._session.worker
            claims = worker.reserve()
            appending = self._store.append(
                self._session.key, message, self._sender.most_bytes, behind, claims=claims
            )
            if claims:  # before anything can fail: the worker has a slot for it
                worker.expect(appending)
            self._when_durable(appending, lambda outcome: self._appended(frame.id, outcome))

    def _fault(self, frame: Send) -> Refused | None:
        if len(frame.text) > self._limits.text:
            code, reason = "too_long", _REASONS["too_long"].format(f"{self._limits.text:,}")
        elif is_blank(frame.text):
            code, reason = "empty", _REASONS["empty"]
        elif (wrong := context_fault(frame.context)) is not None:
            code, reason = "bad_context", sentence(*wrong)
        else:
            return None
        return Refused(id=frame.id, code=code, reason=reason)

    async def _refuse_unless_known(
        self,
        message_id: str,
        text: str | None,
        wait: float,
        code: str = "rate",
    ) -> None:
        """Refuse for now, unless the message is committed or withdrawn already."""
        outcome = await self._store.find(self._session.key, message_id, text)
        if outcome is None:
            self._refuse(message_id, code, wait)
        else:
            self._settle(message_id, outcome)

    async def _withdraw(self, message_id: str) -> None:
        now = asyncio.get_running_loop().time()
        if (wait := self._sender.limits.take_message(self._sender.owner, now)) > 0:
            if self.gate.id is None:
                self.gate.shut(message_id, now + wait)
            await self._refuse_unless_known(message_id, None, wait)
            return
        self.gate.passed(message_id)
        self._when_durable(
            self._store.withdraw(self._session.key, message_id),
            lambda outcome: self._settle(message_id, outcome),
        )

    async def _older(self, frame: Older) -> None:
        limit = min(_PAGE_EVENTS, max(1, frame.limit))
        events = (
            await self._store.read_before(self._session.key, frame.before, limit, _PAGE_SIZE)
            if frame.before > 1
            else ()
        )
        if isinstance(events, Erased):
            self._session.catch_up_soon()
            return
        more = bool(events) and events[0].seq > 1
        self._tell(Page(before=frame.before, events=list(events), more=more))

    def _report(self, frame: Report) -> None:
        """Keep a report. Unlike a message, it delays nothing when it is refused for now."""
        now = asyncio.get_running_loop().time()
        if (wait := self._sender.limits.take_message(self._sender.owner, now)) > 0:
            self._refuse(frame.id, "rate", wait)
            return
        self._when_durable(
            self._store.report(self._session.key, frame.id, frame.reason, frame.share is True),
            lambda known: self._reported(frame.id, known),
        )

    def _erase(self) -> None:
        """Delete the conversation, and close all its connections once that is durable."""
        self._when_durable(
            self._store.erase(self._session.key, self._erased_days), lambda _: self._erased()
        )

    # --- outcomes ---------------------------------------------------------------------------------

    def _appended(self, message_id: str, outcome: Outcome | Erased) -> None:
        self._unacked -= 1
        match outcome:
            case Kept(event=event, fresh=True):
                self._metrics.count("messages")
                self._session.committed(event)
            case _:
                now = asyncio.get_running_loop().time()
                self._sender.limits.give_back_message(self._sender.owner, now)
                if outcome == "full":
                    self._refuse_full(message_id, now)
                else:
                    self._settle(message_id, outcome)
        # For a repeat too: its first commit may have been reported as a failure.
        self._session.worker.wake()

    def _refuse_full(self, message_id: str, now: float) -> None:
        # Sent before all that the gate has refused meanwhile.
        self.gate.shut_before(message_id, now + _UNTIL_ROOM)
        self._refuse(message_id, "full", _UNTIL_ROOM)

    def _settle(self, message_id: str, outcome: Outcome | Erased) -> None:
        """Answer for a message that was committed, withdrawn or in conflict before."""
        self.gate.passed(message_id)
        match outcome:
            case Erased():
                self._session.catch_up_soon()  # it finds out why, and ends
            case Kept(event=event) if event.seq > self._session.seq:
                self._session.committed(event)  # not sent yet: it goes out in the log's order
            case Kept(event=event):
                self._tell(event)
            case code:
                self._refuse(message_id, code)

    def _reported(self, event_id: str, known: bool | Erased) -> None:
        if isinstance(known, Erased):
            self._session.catch_up_soon()
        elif known:
            self._metrics.count("reports")
            log("answer reported", session=self._session.tag, answer=event_id)
            self._tell(Reported(id=event_id))

    def _erased(self) -> None:
        if not self._session.is_erased:
            self._metrics.count("erasures")
            audit(
                "session erased",
                session=self._session.tag,
                account=self._session.pseudonym,
                by="learner",
                days=self._erased_days,
            )
        self._session.end(Dropped.ERASED)

    def _stopped(self, message_id: str, known: bool | Erased) -> None:
        if isinstance(known, Erased):
            self._session.catch_up_soon()
        elif known:
            self._session.stop(message_id)

    def _when_durable(self, future: Future[T], then: Callable[[T], None]) -> None:
        """Call ``then`` when the write is durable, even if this connection has ended by then."""

        def done(future: Future[T]) -> None:
            self._pending -= 1
            if not self._pending and self._settled is not None and not self._settled.done():
                self._settled.set_result(None)
            self._session.uses -= 1
            if future.cancelled() or isinstance(future.exception(), StoreError):
                return  # the store was closed: the message is neither acknowledged nor refused
            if (error := future.exception()) is not None:
                self._fail(error)
                return
            then(future.result())

        self._pending += 1
        self._session.uses += 1
        future.add_done_callback(done)
        if self._pending > _FLOOD:
            raise ProtocolError("", "too many frames at once")

    def _refuse(self, message_id: str, code: str, wait: float | None = None) -> None:
        if wait is not None:
            wait = math.ceil(wait * 1000) / 1000
        refused = Refused(id=message_id, code=code, reason=_REASONS[code], retry_after=wait)
        self._tell(refused)
        self._metrics.count("refused", code=code)


def _shared(frame: Send) -> dict[str, object]:
    """The parts of the context that the protocol knows, and whose size was checked."""
    shared: dict[str, object] = {}
    context = frame.context or {}
    if (cell := context.get("cell")) is not None:
        shared["cell"] = cell
    if (error := context.get("error")) is not None:
        shared["error"] = {name: error[name] for name in ("name", "message", "traceback")}
    return shared
