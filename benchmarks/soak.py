"""Learners, a server and a network of which everything fails, for as long as you like.

    python3 dev.py soak --minutes 30 [--learners 50] [--seed 1]

A server process, learners in five processes, a TCP proxy between them. Every few seconds the seed
picks what fails next: connections closed, reset, half-open; replies lost; silence; the server or
learners frozen, killed (SIGKILL), the server asked to end (SIGTERM); each started again at once or
after a while. Learners type all the time. Now and then there is a rest, in which what the processes
hold is weighed: after the first minute or tenth of the time, and at the end. In between one process
of learners lives through it all; the server does from the middle on.

At the end the server's database is held against the ledgers in which learners wrote down what they
typed, and against what each learner sees. Exit status 0: all of it was right, and nothing grew.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.support.children import Child, Usage, usage
from tests.support.learners import Account, compare
from tests.support.servers.processes import Tutor

KERNELS: Final = 5
SETTLED_WITHIN: Final = 120.0
GIVEN_UP_WITHIN: Final = 100.0
"""Seconds after which no dead connection is left at a server: 20 of silence, 60 of patience."""
EVERY: Final = 2.0
"""Seconds between two messages of one learner, on average."""
MEMORY: Final = 12.0
"""MiB by which a process may seem to grow: allocators keep what they once had."""
PROXY: Final = Path(__file__).with_name("faulty") / "proxy.py"


class Network:
    """The proxy, in a process of its own."""

    def __init__(self, upstream: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, PROXY, str(upstream)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        self.url = f"ws://127.0.0.1:{self._line()}/"

    def tell(self, command: str) -> str:
        assert self._process.stdin is not None
        self._process.stdin.write(command + "\n")
        return self._line()

    def end(self) -> None:
        self._process.kill()
        self._process.communicate()

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


class Soak:
    """All processes of one run, and the faults that are made."""

    def __init__(self, folder: Path, learners: int, seed: int) -> None:
        self.faults: dict[str, int] = {}
        self._folder = folder
        self._database = folder / "tutor.sqlite"
        self._chance = random.Random(seed)
        self._tutor = Tutor(self._database, "--tutor=echo", "--pace=400")
        self._tutor.start()
        self._network = Network(self._tutor.port)
        names = [f"learner-{number:03}" for number in range(learners)]
        self._groups = [names[number::KERNELS] for number in range(min(KERNELS, learners))]
        self._lives = 0
        self._kernels = [self._kernel(group) for group in self._groups]

    def end(self) -> None:
        for kernel in self._kernels:
            kernel.kill()
        self._network.end()
        self._tutor.kill()

    def _kernel(self, group: list[str]) -> Child:
        self._lives += 1
        kernel = Child(self._folder)
        kernel.run(
            "from tests.support.learners import Room; from tests.support.children import own_usage"
        )
        place = f"{self._network.url!r}, {group!r}, {str(self._folder)!r}"
        kernel.run(f"room = Room({place}, seed={self._lives}, every={EVERY}); room.go()")
        return kernel

    # --- what fails -----------------------------------------------------------------------------

    def fail(self, *, server_lives: bool) -> None:
        """One fault, picked by the seed; everything works again on return, as far as it can."""
        network = ["close", "reset", "deaden", "swallow", "silence", "refuse"]
        kinds = [*network, "freeze server", "freeze learners", "kill learners"]
        if not server_lives:
            kinds += ["kill server", "kill server", "end server"]
        kind, lasts = self._chance.choice(kinds), self._chance.uniform(0.1, 8.0)
        victim = self._chance.randrange(1, len(self._groups)) if len(self._groups) > 1 else None
        self.faults[kind] = self.faults.get(kind, 0) + 1
        match kind:
            case "freeze server":
                self._tutor.freeze()
                time.sleep(lasts)
                self._tutor.thaw()
            case "kill server" | "end server":
                (self._tutor.kill if kind == "kill server" else self._tutor.stop)()
                time.sleep(lasts / 4)
                self._tutor.start()
            case "freeze learners":
                self._kernels[0].freeze()
                time.sleep(lasts)
                self._kernels[0].thaw()
            case "kill learners" if victim is not None:
                self._kernels[victim].kill()
                time.sleep(lasts / 4)
                self._kernels[victim] = self._kernel(self._groups[victim])
            case "kill learners":
                pass
            case _:
                self._network.tell(kind)
                if kind in ("swallow", "silence", "refuse"):
                    time.sleep(lasts)
                    if kind == "swallow":
                        self._network.tell("reset")
                    self._network.tell("restore")

    def suffer(self, seconds: float, *, server_lives: bool) -> None:
        """Fault after fault for about so long."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.fail(server_lives=server_lives)
            time.sleep(self._chance.uniform(0, 4))

    # --- what they hold, and what came of it ----------------------------------------------------

    def rest(self) -> dict[str, Usage]:
        """Let everything come to rest; what the server and the steady learners hold then."""
        self._network.tell("restore")
        for kernel in self._kernels:
            kernel.begin(f"room.rest({SETTLED_WITHIN})")
        for kernel in self._kernels:
            assert (unsettled := kernel.end(2 * SETTLED_WITHIN)) == [], unsettled
        held = {"learners": Usage(**self._kernels[0].run("own_usage()"))}
        learners = sum(map(len, self._groups))
        until = time.monotonic() + GIVEN_UP_WITHIN
        while self._metric("tutor_connections") > learners and time.monotonic() < until:
            time.sleep(0.5)
        return held | {"server": usage(self._tutor.pid, self._metric("tutor_tasks"))}

    def _metric(self, name: str) -> int:
        """What the server counts under that name."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self._tutor.port}/metrics") as page:
            lines = page.read().decode().splitlines()
        return next(int(float(x.split()[1])) for x in lines if x.startswith(f"{name} "))

    def go_on(self) -> None:
        for kernel in self._kernels:
            kernel.run("room.go()")

    def account(self) -> Account:
        """What became of every message; ends the server."""
        views: dict[str, list[list[object]]] = {}
        for kernel in self._kernels:
            views |= kernel.run("room.views()")
        assert self._tutor.stop() == 0
        return compare(self._database, self._folder, views)


def is_flat(before: Usage, after: Usage) -> bool:
    """Nothing has grown; a connection more or less is on its way at any time."""
    return (
        after.memory - before.memory <= MEMORY
        and after.threads <= before.threads + 1
        and after.tasks <= before.tasks + 3
        and after.sockets <= before.sockets + 2
        and after.files <= before.files + 3
    )


def run(soak: Soak, seconds: float) -> bool:
    """The whole of it, told on stdout; whether all was right."""
    soak.suffer(min(60.0, seconds / 10), server_lives=False)
    first = soak.rest()["learners"]
    soak.go_on()
    soak.suffer(seconds * 0.45, server_lives=False)
    middle = soak.rest()["server"]
    soak.go_on()
    soak.suffer(seconds * 0.45, server_lives=True)
    last = soak.rest()
    pairs = {"learners": (first, last["learners"]), "server": (middle, last["server"])}
    account = soak.account()
    print("faults:", ", ".join(f"{n} × {kind}" for kind, n in sorted(soak.faults.items())))
    for name, (before, after) in pairs.items():
        flat = "flat" if is_flat(before, after) else "GROWN"
        print(f"{name} {flat}\n  from {before}\n  to   {after}")
    print(account)
    return account.is_right and all(is_flat(*pair) for pair in pairs.values())


def main() -> int:
    """Run it and say what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--learners", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        soak = Soak(Path(folder), given.learners, given.seed)
        try:
            right = run(soak, given.minutes * 60)
        finally:
            soak.end()
    print("everything was right" if right else "NOT everything was right")
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
