"""How long is a learner away? From "the server accepts again" to *connected*.

    python3 dev.py bench reconnect [--restarts 20] [--seed 1]

A real server process is killed (SIGKILL) and started again on its port after outages of 1 to 10 s,
while one client, as a notebook has it, keeps its session.
"""

from __future__ import annotations

import argparse
import random
import socket
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.support.servers.processes import Tutor
from tutor_widget.client.client import Client
from tutor_widget.client.loop import call_on_loop
from tutor_widget.client.net.endpoint import Remote
from tutor_widget.client.registry import open_client
from tutor_widget.client.storage.session_memory import new_id
from tutor_widget.session import effects as do

GIVE_UP = 60.0


class Watch:
    """Notes when the client is connected, and how many tries it took."""

    def __init__(self, url: str) -> None:
        self.connected = threading.Event()
        self.connected_at = 0.0
        self.client: Client
        call_on_loop(lambda: self._open(url))

    def _open(self, url: str) -> None:
        self.client = open_client(Remote(url), new_id(), self._changed, "bench")

    def _changed(self, changes: list[do.Change]) -> None:
        if self.client.session.status != "connected":
            self.connected.clear()
        elif not self.connected.is_set():
            self.connected_at = time.monotonic()
            self.connected.set()


def accepting_since(port: int) -> float:
    """When the port takes a connection: tried every 2 ms."""
    deadline = time.monotonic() + GIVE_UP
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return time.monotonic()
        time.sleep(0.002)
    raise TimeoutError("the server did not come back")


def restart(tutor: Tutor, watch: Watch, outage: float) -> tuple[float, int]:
    """One outage: seconds from accepting to connected, and the tries made."""
    dials = watch.client.session.dial
    tutor.kill()
    time.sleep(outage)
    accepting: list[float] = []
    looking = threading.Thread(target=lambda: accepting.append(accepting_since(tutor.port)))
    looking.start()
    tutor.start()
    looking.join()
    if not watch.connected.wait(GIVE_UP):
        raise TimeoutError("the client did not come back")
    return max(0.0, watch.connected_at - accepting[0]), watch.client.session.dial - dials


def main() -> int:
    """Run it and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--restarts", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    chance = random.Random(given.seed)
    took: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        tutor = Tutor(Path(folder) / "tutor.sqlite", "--tutor=echo")
        tutor.start()
        watch = Watch(tutor.url)
        if not watch.connected.wait(GIVE_UP):
            raise TimeoutError("the client did not connect")
        print("restart   outage s   tries   s to connected")
        for number in range(1, given.restarts + 1):
            outage = chance.uniform(1, 10)
            seconds, tries = restart(tutor, watch, outage)
            took.append(seconds)
            print(f"{number:7}   {outage:8.1f}   {tries:5}   {seconds:14.2f}", flush=True)
        tutor.stop()
    print(f"median {statistics.median(took):.2f} s, worst {max(took):.2f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
