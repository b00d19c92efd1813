"""One connection: hello, replay, and then frames in their order until it ends.

Reading never waits for a commit or for the peer to read: writes are queued in the store, which
keeps their order, and `Outbound` queues what goes out. While the log is replayed, what happens in
the session is held back and follows it.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final

from websockets.exceptions import ConnectionClosed

from tutor_widget.errors import ProtocolError
from tutor_widget.server.logs import log, where
from tutor_widget.server.metrics import Metrics
from tutor_widget.server.sessions.live import LiveSession
from tutor_widget.server.sessions.registry import SessionRegistry
from tutor_widget.server.settings import Settings
from tutor_widget.server.store import StoreError
from tutor_widget.version import NAME
from tutor_widget.wire import ClientFrame, Event, Hello, ServerFrame, Welcome, decode_client, encode

from .inbound import Inbound
from .outbound import Outbound, Socket

__all__ = ["Connection"]

_PAGE: Final = 1 << 20
_REPLAY_BATCH: Final = 100


class Connection:
    """A client's connection, from hello to end. ``account`` is whom its credentials prove."""

    def __init__(
        self,
        socket: Socket,
        account: str,
        registry: SessionRegistry,
        metrics: Metrics,
        least_id: int,
    ) -> None:
        self.instance = ""
        self.dial = 0
        self.outbound = Outbound(socket, registry.settings)
        self._socket = socket
        self._account = account
        self._registry = registry
        self._settings: Settings = registry.settings
        self._metrics = metrics
        self._least_id = least_id
        self._session: LiveSession | None = None
        self._inbound: Inbound | None = None
        self._held: list[bytes] | None = []
        self._held_bytes = 0
        self._replay: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Serve the connection until it is closed, by whichever side."""
        try:
            if (hello := await self._hello()) is None:
                return
            if (inbound := await self._enter(hello)) is None:
                return
            async for text in self._socket:
                if self.outbound.closing is None:
                    await inbound.receive(self._decode(text))
        except ProtocolError as error:
            self.outbound.close(1002, str(error))
        except ConnectionClosed:
            pass
        except Exception as error:  # noqa: BLE001  # no traceback ever reaches a client
            self._fail(error)
        finally:
            await self._leave()

    def shut(self, code: int, reason: str) -> None:
        """Close the connection from outside (the server drains, or cannot commit)."""
        self.outbound.close(code, reason)

    async def settled(self, patience: float) -> None:
        """Wait until what was received is committed and acknowledged, at most so many seconds."""
        if self._inbound is not None and self._inbound.pending:
            await asyncio.wait(self._inbound.pending, timeout=patience)

    # --- opening ----------------------------------------------------------------------------------

    async def _hello(self) -> Hello | None:
        try:
            async with asyncio.timeout(self._settings.hello):
                frame = self._decode(await self._socket.recv())
        except TimeoutError:
            self.outbound.close(4408, "no hello came in time")
            return None
        if self.outbound.closing is not None:
            return None
        if not isinstance(frame, Hello):
            raise ProtocolError("type", "the first frame must be a hello")
        if len(frame.session) < self._least_id:
            self.outbound.close(
                4403, f"session: an id of at least {self._least_id} characters is required"
            )
            return None
        return frame

    async def _enter(self, hello: Hello) -> Inbound | None:
        self.instance, self.dial = hello.instance, hello.dial
        session = await self._registry.open(self._account, hello.session)
        good = await self._holds_a_prefix(hello, session)
        if self.outbound.closing is not None:
            return None
        # From here to the start of the replay there is no await: what is committed later is held.
        if (refusal := session.attach(self)) is not None:
            self.outbound.close(*refusal)
            return None
        self._session = session
        self._inbound = Inbound(session, self._registry, self._metrics, self._tell, self._fail)
        last = session.seq
        after = (hello.after or 0) if hello.epoch is not None else 0
        reset = not good or last - after > self._settings.replay
        # Without a prefix the newest page starts where it starts, and nothing was lost.
        first = max(1, last - self._settings.replay + 1) if reset or not after else after + 1
        reply = session.reply
        welcome = Welcome(
            session=hello.session,
            epoch=session.epoch,
            seq=last,
            reset=reset and hello.epoch is not None,
            first=first,
            state=session.state,
            rev=session.rev,
            answering=reply.re if reply else None,
            limits=self._settings.limits,
            spread=self._spread(),
            server=NAME,
        )
        self.outbound.send(encode(welcome).encode())
        so_far = encode(reply.so_far()).encode() if reply else None
        self._replay = asyncio.create_task(self._catch_up(session, first, last, so_far))
        self._metrics.count("opened")
        log("welcomed", session=session.tag, instance=self.instance, dial=self.dial, reset=reset)
        return self._inbound

    async def _holds_a_prefix(self, hello: Hello, session: LiveSession) -> bool:
        if hello.epoch is None:
            return True
        if hello.epoch != session.epoch:
            return False
        if not hello.after:
            return True
        if hello.after > session.seq:
            # Another process may have committed it a moment ago.
            await session.catch_up()
        if hello.after > session.seq:
            return False
        events = await self._registry.store.read(session.key, hello.after - 1, 1, _PAGE)
        return bool(events) and (events[0].seq, events[0].id) == (hello.after, hello.last)

    async def _catch_up(
        self, session: LiveSession, first: int, last: int, so_far: bytes | None
    ) -> None:
        """Send the log from ``first`` to ``last``, then what happened in the meantime."""
        try:
            await self._send_log(session, first - 1, last)
        except Exception as error:  # noqa: BLE001
            self._fail(error)
        held, self._held = self._held or [], None
        for frame in (*([so_far] if so_far else ()), *held):
            self.outbound.send(frame)

    async def _send_log(self, session: LiveSession, after: int, last: int) -> None:
        while after < last:
            events = await self._registry.store.read(
                session.key, after, min(_REPLAY_BATCH, last - after), _PAGE
            )
            if not events:
                raise StoreError("events are missing")
            for event in events:
                self.outbound.send(encode(event).encode())
            after = events[-1].seq
            await self.outbound.drained()

    def _spread(self) -> float:
        if self._settings.spread is not None:
            return self._settings.spread
        return round(self._registry.listeners / 800, 3)

    # --- what the session and the store tell ------------------------------------------------------

    def deliver(self, frame: bytes, event: Event | None = None) -> None:
        """Send the frame, behind the replay. See `sessions.Listener`."""
        if event is not None and self._inbound is not None:
            # However it got there: what is committed is awaited no more.
            self._inbound.gate.passed(event.id)
        if self._held is None:
            self.outbound.send(frame)
            return
        self._held.append(frame)
        self._held_bytes += len(frame)
        if self._held_bytes > self._settings.backlog:
            self.outbound.abort(1008, "reads too slowly")

    def drop(self, code: int, reason: str) -> None:
        """End it at once. See `sessions.Listener`."""
        self.outbound.close(code, reason)

    def _tell(self, frame: ServerFrame) -> None:
        self.deliver(encode(frame).encode())

    # --- what the client says ---------------------------------------------------------------------

    def _decode(self, text: str | bytes) -> ClientFrame | None:
        if isinstance(text, bytes):
            self.outbound.close(1003, "frames are text")
            return None
        return decode_client(text)

    # --- the end ----------------------------------------------------------------------------------

    def _fail(self, error: BaseException) -> None:
        tag = self._session.tag if self._session else None
        log("connection failed", level="error", session=tag, **where(error))
        if isinstance(error, StoreError):  # no fault of what the client said: it may come again
            self.outbound.close(1013, "messages cannot be read now")
        else:
            self.outbound.close(1011, "something went wrong here")

    async def _leave(self) -> None:
        if self._session is not None:
            self._session.detach(self)
        if self._replay is not None:
            self._replay.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._replay
        ours = self.outbound.closing
        await self.outbound.end()
        code, reason = ours or (self._socket.close_code or 1006, "")
        self._metrics.count("closed", code=str(code), side="server" if ours else "client")
        tag = self._session.tag if self._session else None
        log("closed", session=tag, instance=self.instance, code=code, reason=reason)
