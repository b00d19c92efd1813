"""Whether stops take effect: what became of the replies that the learner stopped."""

from __future__ import annotations

from math import inf

from simulator.client.client import Client
from simulator.server.server import ModelServer
from tutor_widget.session import Phase, Reply
from tutor_widget.session import events as ev

STOPPED_WITHIN = 1.0
"""Seconds in which a stop takes effect, besides the time that the network takes."""


class StopChecks:
    """One session's stops: the answer is `stopped`, or was complete before they could arrive."""

    def __init__(self, client: Client, server: ModelServer) -> None:
        self._client = client
        self._server = server
        self._asked: dict[str, float] = {}  # the messages, and when
        self._live_since = inf

    def stepped(self, event: ev.Happened, phase: Phase, reply: Reply | None) -> None:
        """The session took ``event``; ``phase`` and ``reply`` are those before it."""
        client = self._client
        if phase is not Phase.LIVE is client.session.phase:
            self._live_since = client.environment.now
        if client.session.is_erased:
            self._asked.clear()  # the stops went with the conversation
            return
        match event:
            case ev.Stopped(re):
                self._stopped(re or (reply.re if reply else None))
            case ev.Retried(id) | ev.Discarded(id):
                self._asked.pop(id, None)
            case _:
                pass

    def _stopped(self, re: str | None) -> None:
        log = self._server.log()
        session = self._client.session
        known = re in log.at or re in session.outgoing.messages
        # The server may have lost an answer that the client holds: then there is nothing to stop.
        known = known and not (re is not None and session.transcript.answers(re))
        if re is not None and known and not any(event.re == re for event in log.events):
            self._asked.setdefault(re, self._client.environment.now)

    def check(self) -> None:
        """Call it after every step of the environment."""
        log, outgoing = self._server.log(), self._client.session.outgoing
        for re in [re for re in self._asked if re not in log.at and re not in outgoing.messages]:
            del self._asked[re]  # lost with the server's log: one that comes back is a new message
        for event in self._server.log().events if self._asked else ():
            if event.re is not None and (asked := self._asked.pop(event.re, None)) is not None:
                assert event.status != "complete" or not self._could_arrive(event.re, asked), (
                    f"the stop of the answer to {event.re} was lost"
                )

    def _could_arrive(self, re: str, asked: float) -> bool:
        """Whether the stop had the time to arrive before the answer was complete."""
        client, connection = self._client, self._client.connection
        if connection is None or not client.is_connected:
            return False
        # Until the message is known to be committed, its stop may have to wait for it.
        if self._server.is_stuck or re in client.session.outgoing.messages:
            return False
        log = self._server.log()
        taken = log.events[log.at[re]].at / 1000
        since = max(asked, taken, self._live_since, connection.last_up_at, client.awake_at)
        return client.environment.now - since > STOPPED_WITHIN + 4 * connection.latency
