"""What people can do and which faults can occur: each action is one method."""

from __future__ import annotations

import itertools
from contextlib import suppress
from typing import Any

import msgspec

from simulator.checks.invariants import Invariants
from simulator.client.client import Client
from simulator.server.connection import ServerConnection
from simulator.server.store import SESSION
from simulator.world import World
from tutor_widget import wire
from tutor_widget.errors import NotFound, Refused
from tutor_widget.session import Ending, Phase
from tutor_widget.session import events as ev

CONNECTED = (Phase.GREETING, Phase.REPLAYING, Phase.LIVE)


class Workload:
    """Two clients of one session. An action that makes no sense at the time does nothing."""

    def __init__(self, seed: int) -> None:
        self.world = World(seed)
        self.server = self.world.server
        self.invariants = Invariants(self.world)
        self._numbers = itertools.count(1)
        self.ada = self._add("ada")
        self.bob = self._add("bob")

    def _add(self, name: str) -> Client:
        client = self.world.add(name)
        self.invariants.watch(client)
        return client

    def _allow(self, dials: int) -> None:
        """The next thing may make a client dial so often, besides what people make it do."""
        self.invariants.dial_allowance += dials

    def begin(self) -> None:
        for client in (self.ada, self.bob):
            client.start()
        self.pass_time(1.0)

    def pass_time(self, seconds: float) -> None:
        self.world.run(seconds)

    # --- people ---------------------------------------------------------------------------------

    def type(self, client: Client, count: int, text: str = "words") -> None:
        with suppress(Refused):  # in a conversation that is deleted
            for _ in range(count):
                client.type(f"{text} {len(client.typed)}")

    def discard(self, client: Client, which: int) -> None:
        waiting = list(client.session.outgoing.messages)
        if waiting:
            client.discard(waiting[which % len(waiting)])

    def retry(self, client: Client, which: int) -> None:
        waiting = list(client.session.outgoing.messages)
        if waiting:
            with suppress(Refused):  # another account's server may have it
                client.step(ev.Retried(waiting[which % len(waiting)]))

    def stop(self, client: Client, which: int) -> None:
        ids = client.typed[-5:]
        client.step(ev.Stopped(ids[which % len(ids)] if ids and which % 3 else None))

    def report(self, client: Client, which: int) -> None:
        """Report one of the newest answers, or one that is not there."""
        answers = [e.id for e in client.session.transcript.events[-6:] if e.role == "tutor"]
        event = answers[which % len(answers)] if answers and which % 7 else "none"
        self._request(client, ev.ReportRequested(self._number(), event, f"reason {which}", 0))

    def request_erasure(self, client: Client, *, is_meant: bool) -> None:
        """The learner deletes the conversation; unless that is meant, where no server offers it."""
        if is_meant or not client.session.offers:
            self._allow(2)
            self._request(client, ev.ErasureRequested(self._number(), 0))

    def _request(self, client: Client, event: ev.ReportRequested | ev.ErasureRequested) -> None:
        with suppress(NotFound, Refused):
            client.request(event)

    def _number(self) -> str:
        return f"request-{next(self._numbers)}"

    def choose_language(self, client: Client) -> None:
        self._allow(1)
        client.step(ev.LanguageChosen("de"))

    def nudge(self, client: Client, by: ev.Nudge) -> None:
        self._allow(1)
        client.nudge(by)

    def leave_or_return(self, client: Client) -> None:
        self._allow(1)
        if client.session.phase is Phase.CLOSED:
            client.start()
        else:
            client.leave()

    def older(self, client: Client) -> None:
        client.step(ev.OlderRequested(50))

    def tick(self, client: Client) -> None:
        """A timer rings early."""
        client.step(ev.Ticked())

    def adopt(self, client: Client) -> None:
        client.step(ev.Loaded(()))

    def orphan(self, client: Client) -> None:
        """Another process may have copied the journal, and sent from it."""
        client.step(ev.Orphaned())

    def renew_late(self, client: Client) -> None:
        """A token arrives that an earlier dial asked for."""
        client.step(ev.Renewed(client.session.dial - 1, "new"))

    def receive_bytes(self, client: Client) -> None:
        """Bytes arrive that are not a whole frame yet."""
        connection = client.connection
        if connection is not None and connection.down and client.session.phase in CONNECTED:
            connection.notify(ev.Heard(connection.dial))

    # --- faults ---------------------------------------------------------------------------------

    def cut(self) -> None:
        self._allow(1)
        self.world.cut()

    def go_silent(self, client: Client, up: bool, down: bool) -> None:
        self._allow(1)
        if client.connection is not None and (up or down):
            client.connection.go_silent(up=up, down=down)

    def stall(self, client: Client, seconds: float) -> None:
        self._allow(1)
        if client.connection is not None:
            client.connection.stall(seconds)

    def partition(self) -> None:
        self._allow(1)
        self.world.network.dials_are_lost = not self.world.network.dials_are_lost
        if self.world.network.dials_are_lost:
            self.world.half_open()

    def crash_client(self, client: Client, **how: Any) -> None:
        self._allow(1)
        client.crash(**how)

    def crash_together(self, **how: Any) -> None:
        """All processes die at once, and begin anew at once."""
        self._allow(1)
        for client in self.world.clients:
            client.crash(**how)

    def freeze(self, client: Client, seconds: float) -> None:
        self._allow(1)
        client.freeze(seconds)

    def crash_server(self, *, swallow: bool = False) -> None:
        self._allow(1)
        if self.server.is_up:
            self.server.crash(swallow=swallow)
        else:
            self.server.start()

    def restore(self, *, lose: bool = False) -> None:
        """A crash after which the log is an older copy, or another one."""
        self._allow(1)
        if not self.server.is_up:
            return
        self.server.store.copy()
        self.pass_time(2.0)
        self.server.crash(swallow=True)
        if lose:
            self.server.store.lose()
        else:
            self.server.store.restore()
        self.world.call_later(1.0, self.start_server)

    def erase(self) -> None:
        self._allow(1)
        if self.server.is_up:
            self.world.erase()

    def restart_gracefully(self, retry_after: float, spread: float) -> None:
        self._allow(1)
        if self.server.is_up:
            self.server.shut_down(retry_after, spread)
            self.world.call_later(retry_after, self.start_server)

    def start_server(self) -> None:
        if not self.server.is_up:
            self.server.start()

    def refuse_dials(self, endings: list[Ending]) -> None:
        self._allow(len(endings))
        self.world.network.refusals.extend(endings)

    def refuse_hellos(self, codes: list[int]) -> None:
        self._allow(len(codes))
        self.server.refusals.extend(codes)

    def close(self, client: Client, code: int) -> None:
        """The server closes a live connection."""
        self._allow(1)
        if client.connection is not None and client.connection.server_end is not None:
            client.connection.server_end.close(code)

    def leave_hole(self, client: Client) -> None:
        """The server does not send the next event to this client."""
        self._allow(1)
        if (connection := self._server_connection(client)) is not None:
            connection.skips_event = True

    def rename_event(self, client: Client) -> None:
        """The server sends its newest event again, with another id."""
        self._allow(1)
        events = self.server.log().events
        connection = self._server_connection(client)
        # A client that was never sent this event cannot know that its id is another.
        knows = connection is not None and not (connection.skips_event or connection.has_hole)
        if connection is not None and knows and connection.is_welcomed and events:
            connection.send(msgspec.structs.replace(events[-1], id="_renamed"))

    def send_faulty_frame(self, client: Client, text: str) -> None:
        """The server sends text that breaks the protocol."""
        self._allow(1)
        if (connection := self._server_connection(client)) is not None:
            connection.send_faulty(text)

    def _server_connection(self, client: Client) -> ServerConnection | None:
        connection = client.connection
        if connection is None or not isinstance(connection.server_end, ServerConnection):
            return None
        return connection.server_end

    def slow_down(self, seconds: float) -> None:
        """The next message is refused for a while."""

        def refuse(send: wire.Send) -> wire.Refused:
            self.server.refuse = lambda send: None
            return wire.Refused(send.id, "rate", "Slower.", seconds)

        self.server.refuse = refuse
        self.server.report_waits.append(seconds)

    def refuse_for_good(self, client: Client) -> None:
        """Type a message that no server takes."""
        self.type(client, 1, "refused for good" + "!" * self.server.limits.text)

    def poison(self, client: Client, code: int | None) -> None:
        self._allow(2 if code else 6)
        text = f"poison {len(client.typed)}"
        self.server.poison[text] = code
        with suppress(Refused):
            client.type(text)

    def flap(self, seconds: float) -> None:
        """For a while each connection is closed after the welcome."""
        self._allow(10)
        self.server.is_flapping = True
        self.world.cut()
        self.pass_time(seconds)
        self.server.is_flapping = False

    def get_stuck(self) -> None:
        """The server answers pings and takes nothing, until this is called again."""
        self._allow(1)
        if self.server.is_stuck and self.server.is_up:
            self.server.crash()
        self.server.is_stuck = not self.server.is_stuck
        self.start_server()

    def fill_disk(self) -> None:
        self._allow(1)
        self.world.disk.is_full = not self.world.disk.is_full

    def kill_on_disk(self, calls: int) -> None:
        """After so many system calls, the process that uses the disk is killed."""
        self._allow(1)
        self.world.disk.calls_left = calls

    def set_clock(self, seconds: float) -> None:
        """The wall clock is set forward, or back."""
        self._allow(1)
        self.world.wall_offset += seconds

    def queue_tokens(self, client: Client, outcomes: list[str]) -> None:
        client.tokens.extend(outcomes)

    def notify(self) -> None:
        """The server commits a notice."""
        if self.server.is_up:
            self.server.say(SESSION, "By the way")

    def end(self) -> None:
        """End all faults; then everything must recover."""
        world, server = self.world, self.server
        if server.is_stuck:
            self.get_stuck()
        world.network.dials_are_lost = world.disk.is_full = False
        world.disk.calls_left = None
        world.network.refusals.clear()
        server.refusals.clear()
        server.poison.clear()
        server.erased_until.clear()
        server.erased_for = 0.0
        for connection in server.connections:
            connection.skips_event = False
        server.refuse = lambda send: None
        for client in world.clients:
            client.tokens.clear()
            client.token_takes = 0.1
            client.on_phase = None
        self.pass_time(max(0.0, *(client.awake_at - world.now for client in world.clients)) + 12)
        self.start_server()
        if any(connection.has_hole for connection in server.connections):
            server.say(SESSION, "Only the next event shows that one is missing.")
        self.invariants.end()
