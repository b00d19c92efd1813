"""One connection: hello, welcome, replay, then frames in their order until it ends.

Reading never waits for a commit, nor for the client to read: the store queues writes in their
order, and `Outbound` queues what goes out.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any

from websockets.exceptions import ConnectionClosed

from tutor_widget.errors import ProtocolError
from tutor_widget.server.limits import stored_limit
from tutor_widget.server.logs import log, where
from tutor_widget.server.metrics import Metrics
from tutor_widget.server.sessions.listener import Dropped
from tutor_widget.server.sessions.live import LiveSession
from tutor_widget.server.sessions.registry import SessionRegistry
from tutor_widget.server.store import Erased, StoreError
from tutor_widget.version import NAME
from tutor_widget.wire import (
    Answering,
    Delta,
    Event,
    Hello,
    ServerFrame,
    Welcome,
    encode_bytes,
    is_language,
)

from .admission import Admission, refusal_of
from .inbound import OFFERS, BinaryFrameError, Inbound, Sender, decoded
from .outbound import Outbound, Turns
from .replay import BATCH, BATCH_SIZE, Replay
from .socket import Socket

__all__ = ["Connection"]


class Connection:
    """A client's connection, from hello to end.

    It is a `Listener` of its session.
    """

    def __init__(
        self,
        socket: Socket,
        registry: SessionRegistry,
        metrics: Metrics,
        admission: Admission,
        turns: Turns,
    ) -> None:
        self.instance = ""
        self.dial = 0
        self.outbound = Outbound(socket, registry.settings, turns)
        self._socket = socket
        self.account = socket.account
        self._registry = registry
        self._store = registry.store
        self._settings = registry.settings
        self._metrics = metrics
        self._admission = admission
        self._session: LiveSession | None = None
        self._inbound: Inbound | None = None
        self._replay: Replay | None = None
        """Until it has sent the log."""
        self._replaying: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Serve the connection until either side closes it."""
        try:
            if (inbound := await self._open()) is None:
                return
            async for data in self._socket:
                if self.outbound.closing is None:
                    await inbound.receive(data)
        except BinaryFrameError:
            self.close(1003, "frames are text")
        except ProtocolError as error:
            self.close(1002, str(error))
        except ConnectionClosed:
            pass
        except Exception as error:  # noqa: BLE001  # no traceback reaches a client
            self._fail(error)
        finally:
            await self._leave()

    def close(self, code: int, reason: str) -> None:
        """Close the connection. No frame that arrives after this call has an effect."""
        self.outbound.close(code, reason)

    def drop(self, why: Dropped) -> None:
        """Close the connection, because its session says so. See `Listener.drop`."""
        self.close(*refusal_of(why))

    async def settled(self, patience: float) -> None:
        """Wait until received messages are committed and acknowledged, at most ``patience`` s."""
        if self._inbound is not None:
            await self._inbound.settled(patience)

    # --- opening ----------------------------------------------------------------------------------

    async def _open(self) -> Inbound | None:
        """Read the hello and attach to its session. None if the connection was closed instead."""
        hello = await self._hello()
        return None if hello is None else await self._enter(hello)

    async def _hello(self) -> Hello | None:
        try:
            async with asyncio.timeout(self._settings.hello):
                frame = decoded(await self._socket.recv())
        except TimeoutError:
            self.close(4408, "no hello came in time")
            return None
        if self.outbound.closing is not None:
            return None
        if not isinstance(frame, Hello):
            raise ProtocolError("type", "the first frame must be a hello")
        if (refusal := self._admission.refusal(frame.session)) is not None:
            self.close(*refusal)
            return None
        return frame

    async def _enter(self, hello: Hello) -> Inbound | None:
        """Attach to the session, send the welcome and start the replay (protocol.md §3)."""
        self.instance, self.dial = hello.instance, hello.dial
        lang = hello.lang if hello.lang is not None and is_language(hello.lang) else None
        owner, now = self._socket.owner, asyncio.get_running_loop().time()
        session = await self._registry.open(
            self.account,
            hello.session,
            lambda: self._admission.limits.take_session(owner, now) == 0,
            lang,
        )
        if not isinstance(session, LiveSession):
            self.close(*refusal_of(session))
            return None
        session.uses += 1
        try:
            missed = await self._first_missed(hello, session)
        finally:
            session.uses -= 1
        if self.outbound.closing is not None:
            return None
        if session.ended is not None:
            self.drop(session.ended)
            return None
        # No await from here to the start of the replay: later commits are held back behind it.
        if (dropped := session.attach(self)) is not None:
            self.drop(dropped)
            return None
        self._session = session
        self._inbound = Inbound(
            session,
            self._store,
            self._settings,
            Sender(
                self._socket.owner,
                self._admission.limits,
                stored_limit(self.account, self._settings.stored),
                lang,
            ),
            self._metrics,
            self._tell,
            self._fail,
        )
        self._welcome(hello, session, missed)
        return self._inbound

    def _welcome(self, hello: Hello, session: LiveSession, missed: Sequence[Event] | None) -> None:
        """Send the welcome and start the replay. ``missed`` is what `_first_missed` returned."""
        last = session.seq
        after = (hello.after or 0) if hello.epoch is not None else 0
        reset = missed is None or last - after > self._settings.replay
        # A client without a prefix gets the newest page, and that is no reset.
        first = max(1, last - self._settings.replay + 1) if reset or not after else after + 1
        known = [event for event in missed or () if not reset and event.seq <= last]
        reply = session.unanswered.reply
        welcome = Welcome(
            session=hello.session,
            epoch=session.epoch,
            seq=last,
            reset=reset and hello.epoch is not None,
            first=first,
            state=session.state,
            rev=session.rev,
            answering=reply.re if reply and reply.under_way else None,
            limits=self._settings.limits,
            spread=self._spread(),
            server=NAME,
            account=session.pseudonym,
            offers=OFFERS,
        )
        self.outbound.send(encode_bytes(welcome))
        for event in known:
            self.outbound.send(encode_bytes(event))
        first += len(known)
        if first <= last:
            replay = Replay(self.outbound, self._store, self._settings.backlog)
            running = self._run_replay(replay, session, first, last)
            self._replay, self._replaying = replay, asyncio.create_task(running)
        else:
            self._send_reply(session)
        self._metrics.count("opened")
        log(
            "connection welcomed",
            **self._who(),
            instance=self.instance,
            dial=self.dial,
            reset=reset,
        )

    async def _first_missed(self, hello: Hello, session: LiveSession) -> Sequence[Event] | None:
        """The first events behind those that the client says it has, if they had to be read.

        None if what it has is no prefix of this log.
        """
        if hello.epoch is None:
            return ()
        if hello.epoch != session.epoch:
            return None
        if not hello.after:
            return ()
        if hello.after > session.seq:
            # Another process may have committed the event a moment ago.
            await session.catch_up()
        # One read for the last event that it has and for the first that it lacks.
        events = await self._store.read(session.key, hello.after - 1, 1 + BATCH, BATCH_SIZE)
        if isinstance(events, Erased):
            await session.catch_up()  # this finds out why, and ends the session
            if session.ended is None:
                raise StoreError("It could not be read why the session ended.")
            return None
        if not events or (events[0].seq, events[0].id) != (hello.after, hello.last):
            return None
        if hello.after > session.seq:
            raise StoreError("The log could not be read.")
        return events[1:]

    async def _run_replay(
        self, replay: Replay, session: LiveSession, first: int, last: int
    ) -> None:
        try:
            if await replay.run(session.key, first, last) is None:
                self._replay = None
                self._send_reply(session)
            else:  # this finds out why, and ends the connection: what comes until then is held back
                session.catch_up_soon()
        except Exception as error:  # noqa: BLE001  # the connection cannot go on without its log
            self._fail(error)
        finally:
            self._replaying = None

    def _spread(self) -> float:
        nodes = self._store.peers.nodes()
        return self._settings.spread_of(nodes.learners, nodes.ready)

    # --- frames -----------------------------------------------------------------------------------

    def deliver(self, frame: ServerFrame, data: bytes) -> None:
        """Send a frame of the session, behind the replay. See `Listener.deliver`."""
        if isinstance(frame, Event) and self._inbound is not None:
            # Committed, perhaps through another connection: the gate need not wait for it.
            self._inbound.gate.passed(frame.id)
        if self._replay is None:
            self.outbound.send(data)
        elif not isinstance(frame, Answering | Delta):  # these are told as they are at its end
            self._replay.send(data)

    def _send_reply(self, session: LiveSession) -> None:
        """Send what is known of the session's reply, behind the log."""
        if (reply := session.unanswered.reply) is not None:
            self.outbound.send(encode_bytes(reply.latest()))

    def _tell(self, frame: ServerFrame) -> None:
        self.deliver(frame, encode_bytes(frame))

    # --- the end ----------------------------------------------------------------------------------

    def _fail(self, error: BaseException) -> None:
        log("connection failed", level="error", **self._who(), **where(error))
        if isinstance(error, StoreError):  # no fault of a message, which may be sent again
            self.close(1013, "messages cannot be read now")
        else:
            self.close(1011, "something went wrong here")

    async def _leave(self) -> None:
        if self._session is not None:
            self._session.detach(self)
        if (replaying := self._replaying) is not None:
            replaying.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await replaying
        ours = self.outbound.closing
        await self.outbound.end()
        code, reason = ours or (self._socket.close_code or 1006, "")
        self._metrics.count("closed", code=str(code), side="server" if ours else "client")
        log("connection closed", **self._who(), instance=self.instance, code=code, reason=reason)

    def _who(self) -> dict[str, Any]:
        """What names it in a line of the log; an account only where there are accounts."""
        facts: dict[str, Any] = {**self._socket.facts, "session": None}
        if self._session is not None:
            facts["session"] = self._session.tag
            if (name := self._session.pseudonym) is not None:
                facts["account"] = name
        return facts
