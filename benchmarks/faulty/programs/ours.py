"""This project's client, as a kernel has it: the background thread, the session, the journal."""

from __future__ import annotations

import sys

from tutor_widget.client.client import Client
from tutor_widget.client.loop import call_on_loop, post_to_loop
from tutor_widget.client.net.endpoint import Remote
from tutor_widget.client.registry import open_client
from tutor_widget.session import effects as do

SESSION = "a-session-that-outlives-its-clients"


class Reporter:
    """Reports to the harness what the client's listeners get."""

    def __init__(self, port: int) -> None:
        self._connected = False
        self._queued: set[str] = set()
        self.client: Client
        call_on_loop(lambda: self._open(Remote(f"ws://127.0.0.1:{port}/")))

    def _open(self, target: Remote) -> None:
        self.client = open_client(target, SESSION, self._changed, "bench")

    def say(self, number: str) -> None:
        """Send a message; its number is its identity, as the page's is."""
        post_to_loop(self.client.say, f"m{number}", number)

    def _changed(self, changes: list[do.Change]) -> None:
        connected = self.client.session.status == "connected"
        if connected is not self._connected:
            self._connected = connected
            tell("up" if connected else "down")
        for message in self.client.session.outgoing.messages.values():
            if message.status != "saving":
                self._is_queued(message.id)
        for change in changes:
            match change:
                case do.Committed(event) if event.role == "learner":
                    self._arrived(event.id)
                case do.Acknowledged(id):
                    self._arrived(id)
                case _:
                    pass

    def _is_queued(self, id: str) -> None:
        if id not in self._queued:
            self._queued.add(id)
            tell(f"queued {id[1:]}")

    def _arrived(self, id: str) -> None:
        self._is_queued(id)
        tell(f"heard {id[1:]}")


def tell(line: str) -> None:
    """Say a line to the harness."""
    print(line, flush=True)


reporter = Reporter(int(sys.argv[1]))
tell("ready")
for line in sys.stdin:
    reporter.say(line.strip())
