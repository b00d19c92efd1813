"""Learners whose clients are the project's own, without a notebook; and how they fared."""

from __future__ import annotations

import secrets
import time
from pathlib import Path
from typing import Any

from tests.support.learners import Learner, Room
from tutor_widget.client import client, registry
from tutor_widget.client.loop import call_on_loop, post_to_loop
from tutor_widget.client.net.endpoint import Remote
from tutor_widget.session import effects as do

__all__ = ["ClientRoom"]


class ClientLearner(Learner):
    """A client and its ledger. Times in seconds.

    ``waits``    from each message to its answer
    ``outages``  from each loss of the connection to the next welcome and its replay
    ``torn``     times that the learner saw of a reply what is not the beginning of the answer
    """

    def __init__(self, url: str, session: str, folder: Path, room: Room) -> None:
        self.waits: list[float] = []
        self.outages: list[float] = []
        self.torn = 0
        self._said: dict[str, tuple[float, str]] = {}
        """When each message that waits for its answer was said, and in which words."""
        self._was_connected = False
        super().__init__(url, session, folder, room)

    def open(self, url: str) -> None:
        def on_loop() -> None:  # set there, before the first change comes
            self._client = registry.open_client(Remote(url), self.session, self.changed, "bench/1")

        call_on_loop(on_loop)

    @property
    def client(self) -> client.Client:
        return self._client.current

    def say(self, text: str) -> None:
        # Without waiting, so that a busy loop does not slow the typing.
        post_to_loop(self._say, secrets.token_hex(8), text)

    def _say(self, id: str, text: str) -> None:
        self._said[id] = time.monotonic(), text
        self.client.say(id, text)

    def view(self) -> list[list[Any]]:
        return call_on_loop(
            lambda: [[one.seq, one.id] for one in self.client.session.transcript.events]
        )

    def changed(self, changes: list[do.Change]) -> None:
        for change in changes:
            if isinstance(change, do.Committed) and change.event.re in self._said:
                said_at, _ = self._said.pop(change.event.re)
                self.waits.append(time.monotonic() - said_at)
        self._note_reply()
        self._note_connection()
        super().changed(changes)

    def _note_reply(self) -> None:
        reply = self.client.session.transcript.reply
        if reply is not None and reply.re in self._said:
            self.torn += not self._said[reply.re][1].startswith(reply.text)

    def _note_connection(self) -> None:
        machine = self.client.session
        connected = machine.status == "connected"
        outage = machine.connection_status(time.monotonic()).outage
        if connected and not self._was_connected and outage is not None:
            self.outages.append(outage)
        self._was_connected = connected


class ClientRoom(Room):
    """The learners of one process."""

    learners: list[ClientLearner]

    def __init__(self, url: str, sessions: list[str], folder: str, seed: int, every: float) -> None:
        # The learners of this process share a home, as those of a class never do. There each would
        # look through the journals of all others whenever it connects.
        registry.find_unowned = lambda *_: {}  # type: ignore[attr-defined]
        super().__init__(url, sessions, folder, seed=seed, every=every, kind=ClientLearner)

    def wait_until_connected(self, patience: float) -> bool:
        """Wait until all are connected; whether they are."""
        deadline = time.monotonic() + patience
        while not (done := call_on_loop(self._are_connected)) and time.monotonic() < deadline:
            self._stirred.wait(1)
            self._stirred.clear()
        return done

    def _are_connected(self) -> bool:
        return all(one.client.session.status == "connected" for one in self.learners)

    def measured(self) -> dict[str, Any]:
        """What all saw so far: see `ClientLearner`."""
        return call_on_loop(
            lambda: {
                "waits": [wait for one in self.learners for wait in one.waits],
                "outages": [one.outages for one in self.learners],
                "torn": sum(one.torn for one in self.learners),
            }
        )
