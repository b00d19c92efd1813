"""A server in a program: it serves one tutor from one store.

    async with Server(store, tutor, Settings(rate=0)) as server:
        print(server.url)                      # ws://127.0.0.1:41507/

`app.TutorServer` is this with a command line around it, `tutor_widget.embedded.start_embedded` is
this inside a notebook's kernel.
"""

from __future__ import annotations

import asyncio
import time
from typing import Final, Self, cast

from websockets.asyncio.server import Server as Listening
from websockets.asyncio.server import ServerConnection

from tutor_widget.network import is_loopback
from tutor_widget.server.net.admission import Admission
from tutor_widget.server.net.connection import Connection
from tutor_widget.server.net.handshake import Handshake
from tutor_widget.server.net.listening import CannotListen, Pairs, listen
from tutor_widget.server.net.outbound import Turns
from tutor_widget.server.net.socket import Socket
from tutor_widget.server.net.sockets import Sockets
from tutor_widget.server.sessions.registry import SessionRegistry
from tutor_widget.version import __version__
from tutor_widget.wire import Bye, Event, encode_bytes

from .auth import Authenticator, Closer, NoAuthenticator
from .logs import log, where
from .metrics import Metrics
from .retention import Retention
from .settings import BadSetting, Settings
from .store import Store
from .tutors import Tutor
from .tutors.lifecycle import close_tutor, start_tutor

__all__ = ["CannotListen", "Server"]

_TAKE_OVER: Final = 1.0
"""Seconds between two looks for messages that no living node answers, and for held answers whose
time is over."""

_STOPPING: Final = 10.0
"""Seconds that `Server.close` may take in all (protocol.md §7)."""


class Server:
    """Serves one tutor from one store until it is closed. It does not close the store."""

    def __init__(
        self,
        store: Store,
        tutor: Tutor,
        settings: Settings | None = None,
        *,
        host: str | None = "127.0.0.1",
        port: int = 0,
        authenticator: Authenticator | None = None,
        metrics: Metrics | None = None,
    ) -> None:
        """``port`` 0 takes any free port. With ``host`` None the server listens nowhere: its
        clients are in this process, and connect by `pairs`. Without an authenticator no credentials
        are required.

        ``metrics`` may be the one to which the store reports its commits. Raises BadSetting if the
        tutor's ``parallel`` is no limit.
        """
        self.settings = settings or Settings()
        self.metrics = metrics or Metrics()
        self._store = store
        self._tutor = tutor
        self._host = host
        self._port = port
        self._authenticator = authenticator or NoAuthenticator()
        self._registry = SessionRegistry(store, tutor, self.settings, self.metrics)
        self._retention = Retention(
            store,
            self.settings,
            self.metrics,
            lambda: [live.key for live in self._registry.sessions],
        )
        self._connections: dict[Connection, None] = {}
        """In the order in which they came."""
        self._turns = Turns()
        self._draining = False
        self._listening: Listening | None = None
        self._sockets: Sockets | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._in_use = asyncio.Event()
        self._admission = Admission(self.settings, has_accounts=self._authenticator.has_accounts)
        node = {"node": name} if (name := store.peers.node) else {}
        self.metrics.gauge(
            "build_info", "The version of this server.", lambda: 1, version=__version__, **node
        )
        self.metrics.gauge("connections", "Connections open.", lambda: len(self._connections))
        self.metrics.gauge("sessions", "Sessions in memory.", lambda: len(self._registry.sessions))
        self.metrics.gauge(
            "queue",
            "Sessions whose reply waits for its turn.",
            lambda: self._registry.slots.waiting,
        )
        self.metrics.gauge("tasks", "Tasks of the event loop.", lambda: len(asyncio.all_tasks()))
        self.metrics.gauge("stalled_seconds", "Wait of the oldest write.", store.stalled)

    async def start(self) -> None:
        """Start the tutor, then listen.

        Raises BadSetting: the tutor's, one of these settings', or CannotListen if the system
        refuses.
        """
        self._check_exposure()
        await start_tutor(self._tutor)
        try:
            await self._listen()
        except BaseException:  # also when the start is cancelled
            await close_tutor(self._tutor)
            raise
        self._tasks = [
            asyncio.create_task(self._check_connections()),
            asyncio.create_task(self._follow_store()),
            asyncio.create_task(self._follow_peers()),
            asyncio.create_task(self._take_over()),
            asyncio.create_task(self._retention.run()),
        ]
        for task in self._tasks:
            task.add_done_callback(_report)
        log("server listening", url=self.url)

    async def _listen(self) -> None:
        handshake = Handshake(
            self.settings,
            self._authenticator,
            self.metrics,
            self._why_not,
            self._why_unready,
            on_loopback=self._host is not None and is_loopback(self._host),
        )
        self._sockets = Sockets(self.settings.connections, handshake.note_faulty)
        address = None if self._host is None else (self._host, self._port)
        self._listening = await listen(
            address, self._handle, handshake, self._sockets, self.settings.closing
        )
        for listener in self._listening.sockets[:1]:
            self._port = listener.getsockname()[1]

    def _check_exposure(self) -> None:
        is_open = isinstance(self._authenticator, NoAuthenticator)
        is_local = self._host is None or is_loopback(self._host)
        if is_open and not is_local and not self.settings.insecure_no_auth:
            raise BadSetting(
                f"Without authentication everyone who reaches {self._host or 'this machine'} could "
                "use the tutor. Name tokens with --token-file, or listen on 127.0.0.1, or allow it "
                "with --insecure-no-auth."
            )

    @property
    def url(self) -> str:
        """The address for clients on this machine. That of a server that listens nowhere is a
        name only.
        """
        if self._host is None:
            return f"ws://localhost{self.settings.base_url}"
        host = self._host or "127.0.0.1"
        if host in ("0.0.0.0", "::"):  # noqa: S104  # every interface: show one
            host = "127.0.0.1"
        return f"ws://{f'[{host}]' if ':' in host else host}:{self._port}{self.settings.base_url}"

    @property
    def port(self) -> int:
        return self._port

    @property
    def pairs(self) -> Pairs:
        """How clients come to a server that listens nowhere, from its start on."""
        assert self._listening is not None
        pairs: object = self._listening.server
        assert isinstance(pairs, Pairs)
        return pairs

    async def approve(
        self,
        account: str,
        session: str,
        message_id: str,
        text: str | None = None,
        by: str | None = None,
    ) -> bool:
        """Publish the held answer to a message, with another text if one is given.

        ``account`` is ``""`` where there are no accounts. ``by`` names the person who approves it,
        for the answer's record. False if no answer to the message is held: it was published or
        stopped before. Raises StoreError if the store cannot be read.
        """
        return await self._registry.approve(account, session, message_id, text, by)

    async def notice(self, account: str, session: str, by: str, text: str) -> Event | None:
        """Write a notice of the person ``by`` into the session, and send it to all its connections.

        Those of other nodes learn of it from the store. ``account`` is ``""`` where there are no
        accounts, ``text`` is Markdown. Returns the notice's event, or None if there is no such
        session. Raises ValueError for a name that is not 1 to 80 code points long and for a text
        that is blank or longer than 256 Ki code points, StoreError if the store cannot be read.
        """
        return await self._registry.notice(account, session, by, text)

    async def drain(self) -> None:
        """Close all connections, and finish the replies under way or hand them over.

        New handshakes get 503 with ``Retry-After`` (protocol.md §7). Call `close` afterwards.
        """
        if self._draining:
            return
        self._draining = True
        self._announce()
        log("server draining", connections=len(self._connections))
        leaving = asyncio.gather(*(self._send_away(one) for one in self._connections))
        await asyncio.gather(leaving, self._registry.drain(self.settings.drain))

    def close_accounts(self, names: frozenset[str]) -> None:
        """Close the connections of these accounts, whose credentials are no longer valid (4401)."""
        for connection in self._connections:
            if connection.account.name in names:
                connection.close(4401, "this account has no valid token any more")

    async def close(self) -> None:
        """Drain, close the authenticator, stop listening, and close the tutor.

        The tutor gets what is left of 10 s.
        """
        loop = asyncio.get_running_loop()
        ends_at = loop.time() + _STOPPING
        await self.drain()
        await self._close_authenticator()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._listening is not None:
            self._listening.close(code=1012, reason="restarting")
            await self._end_connections(self._listening)
        self._registry.close()
        await close_tutor(self._tutor, max(0.0, ends_at - loop.time()))
        log("server stopped")

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.close()

    async def _end_connections(self, listening: Listening) -> None:
        try:
            async with asyncio.timeout(self.settings.closing + 1):
                await listening.wait_closed()
        except TimeoutError:
            # A handler may wait without end for a store that cannot commit.
            for task in list(listening.handler_tasks):
                task.cancel()
            await listening.wait_closed()

    async def _close_authenticator(self) -> None:
        if not isinstance(self._authenticator, Closer):
            return
        try:
            async with asyncio.timeout(self.settings.closing):
                await self._authenticator.close()
        except Exception as error:  # noqa: BLE001  # it may be foreign code
            log("authenticator close failed", level="error", **where(error))

    # --- connections ------------------------------------------------------------------------------

    async def _handle(self, connected: ServerConnection) -> None:
        # `create_connection` returns a Socket.
        socket = cast("Socket", connected)
        socket.let_go_of_request()
        connection = Connection(socket, self._registry, self.metrics, self._admission, self._turns)
        self._connections[connection] = None
        self._in_use.set()
        try:
            if self._draining:
                connection.close(1012, "restarting")
            await connection.run()
        except Exception as error:  # noqa: BLE001  # not to the library, which logs the traceback
            log("connection failed", level="error", **socket.facts, **where(error))
        finally:
            del self._connections[connection]

    async def _send_away(self, connection: Connection) -> None:
        await connection.settled(patience=1.0)
        again = 0.0 if self._store.peers.nodes().other_is_ready else self.settings.retry_after
        spread = self.settings.spread_of(len(self._connections))
        bye = Bye(reason="The tutor is restarting.", retry_after=again, spread=spread)
        connection.outbound.send(encode_bytes(bye))
        connection.close(1012, "restarting")

    def _why_not(self) -> str | None:
        """Why no connection can be opened now, or None if one can."""
        if self._draining:
            return "The tutor is restarting."
        if self._sockets is not None and self._sockets.are_too_many:
            return "The tutor has too many connections."
        if self._store.stalled() >= self.settings.stalled:
            return "The tutor cannot store messages now."
        return None

    def _why_unready(self) -> str | None:
        """Why clients should be routed to another server, for an operator; None if not."""
        if self._draining:
            return "not ready: this server is draining, and will end"
        if self._sockets is not None and self._sockets.are_too_many:
            return "not ready: too many connections; raise the limit of open files, or add a server"
        if (stalled := self._store.stalled()) >= self.settings.unready:
            return f"not ready: the store has not committed for {stalled:.0f} s"
        return None

    def _announce(self) -> None:
        """Tell other nodes whether this one takes connections."""
        self._store.peers.ready(self._why_unready() is None)

    # --- tasks ------------------------------------------------------------------------------------

    async def _check_connections(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._until_in_use()
            await asyncio.sleep(self.settings.tick)
            # After a stall of this process, read what has arrived before any client is judged.
            await asyncio.sleep(0)
            stalled = self._store.stalled() >= self.settings.stalled
            now = time.time()
            for connection in list(self._connections):
                connection.outbound.check(loop.time())
                if stalled:
                    connection.close(1013, "messages cannot be stored now")
                elif (until := connection.account.until) is not None and until <= now:
                    connection.close(4401, "this sign-in has expired")

    async def _follow_store(self) -> None:
        """Send what other processes commit."""
        async for keys in self._store.changes():
            self._registry.changed(keys)

    async def _follow_peers(self) -> None:
        """Act on what other nodes tell."""
        async for message in self._store.peers.messages():
            self._registry.hear(message)

    async def _take_over(self) -> None:
        """Answer what waits since an earlier run, or since another process ended, idle or not.

        Publish the held answers whose time is over.
        """
        while True:
            try:
                self._announce()
                await self._registry.resume()
                await self._registry.publish_overdue()
                self._registry.retry_reads()
            except Exception as error:  # noqa: BLE001  # tried again at the next interval
                log("store failed", level="warning", **where(error))
            await asyncio.sleep(_TAKE_OVER)

    async def _until_in_use(self) -> None:
        """Wait until there is a session or a connection, so that an idle server does nothing."""
        while not self._connections and not self._registry.sessions:
            self._in_use.clear()
            await self._in_use.wait()


def _report(task: asyncio.Task[None]) -> None:
    """Log why a task of the server has ended, if it has failed: nobody else would see that."""
    if not task.cancelled() and (error := task.exception()) is not None:
        log("server task failed", level="error", **where(error))
