"""What became of the replies that the learner did not want any more."""

from __future__ import annotations

from math import inf

from simulator.client.client import Client
from tutor_widget.session import Phase, Reply
from tutor_widget.session import events as ev

STOPPED_WITHIN = 1.0
"""Seconds in which a stop takes effect, besides the time that the network takes."""


class Stops:
    """One session's stops: the answer is `stopped`, or was complete before the stop could come."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._asked: dict[str, float] = {}  # the messages, and when
        self._live_since = inf

    def stepped(self, event: ev.Happened, phase: Phase, reply: Reply | None) -> None:
        """``phase`` and ``reply`` are those before the event."""
        client = self._client
        if phase is not Phase.LIVE is client.session.phase:
            self._live_since = client.world.now
        match event:
            case ev.Stopped(re):
                self._stopped(re or (reply.re if reply else None))
            case ev.Retried(id) | ev.Discarded(id):
                self._asked.pop(id, None)
            case _:
                pass

    def _stopped(self, re: str | None) -> None:
        log = self._client.world.server.log()
        session = self._client.session
        known = re in log.at or re in session.outgoing.messages
        # A server may have lost an answer that the client holds: there, nothing is to be stopped.
        known = known and not (re is not None and session.transcript.answers(re))
        if re is not None and known and not any(event.re == re for event in log.events):
            self._asked.setdefault(re, self._client.world.now)

    def look(self) -> None:
        """To be called after everything that happens."""
        for event in self._client.world.server.log().events if self._asked else ():
            if event.re is not None and (asked := self._asked.pop(event.re, None)) is not None:
                assert event.status != "complete" or not self._could_come(event.re, asked), (
                    f"the stop of the answer to {event.re} was lost"
                )

    def _could_come(self, re: str, asked: float) -> bool:
        """Whether the stop had the time to arrive before the answer was complete."""
        client, world, link = self._client, self._client.world, self._client.link
        if client.session.phase is not Phase.LIVE or link is None or not link.is_alive:
            return False
        # As long as it is not known to be taken, the stop may have to wait for it.
        if world.server.is_stuck or re in client.session.outgoing.messages:
            return False
        log = world.server.log()
        taken = log.events[log.at[re]].at / 1000
        since = max(asked, taken, self._live_since, link.up_since, client.awake_at)
        return world.now - since > STOPPED_WITHIN + 4 * link.latency
