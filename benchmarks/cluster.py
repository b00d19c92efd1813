"""A class on two servers with one PostgreSQL behind nginx, while everything is killed.

    python3 dev.py bench cluster [--learners 500 2000] [--seconds 60] [--rate 100] [--seed 1]

PostgreSQL writes to the disk as it does by default, nginx has the configuration of
docs/operating.md, and the learners' clients are the project's own, with their journals. Together
they write so many messages a second, whether the last one was answered or not. A server is killed
(SIGKILL) every 5 s, in turn, and started again at once; PostgreSQL is restarted as after a crash;
and one server is cut off from it for a fifth of the time, without a word. Meanwhile the other is
killed.

Then both servers are restarted in turn (SIGTERM), below idle learners and below learners who are
being answered at reading pace.

Last, a reply is watched through the server that does not make it.

At the end the database is held against what learners wrote down and what they see. Exit status 0:
nothing was lost, doubled, out of order or changed, and all was answered once.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.clustered.nodes import Cluster
from benchmarks.clustered.watching import Watched, watched
from benchmarks.faulty.packages import Missing
from tests.support.children import Child
from tests.support.learners import Account, compare_logs

KILL_EVERY: Final = 5.0
PROCESS: Final = 250
"""Learners in one process, at most."""
SETTLED_WITHIN: Final = 180.0
BADGE: Final = 1.5
"""Seconds without a connection after which a learner's page says so."""
IDLE, STREAMING = 50, 20
PACE: Final = 8
"""Characters a second: a reply takes up to 14 s, longer than a server drains."""
WATCHED: Final = 20
"""Replies that are watched through the other server."""
SOON: Final = 0.5
"""Seconds by which they may begin later there."""


class Learners:
    """Processes of learners at one address. Their homes and ledgers lie in ``folder``."""

    def __init__(self, folder: Path, url: str, names: Sequence[str], every: float) -> None:
        """``every``: seconds between two messages of one learner, on average."""
        self.folder = folder
        folder.mkdir()
        self._processes: list[Child] = []
        for number, first in enumerate(range(0, len(names), PROCESS)):
            home = folder / f"home-{number}"
            home.mkdir()
            process = Child(home)
            self._processes.append(process)
            group = names[first : first + PROCESS]
            place = f"{url!r}, {group!r}, {str(folder)!r}, {number}, {every}"
            process.run("from benchmarks.clustered.learners import ClientRoom")
            process.begin(f"room = ClientRoom({place})")
        self._each_ends()
        assert all(self._ask(f"room.wait_until_connected({SETTLED_WITHIN})"))

    def go(self) -> None:
        self._ask("room.go()")

    def rest(self) -> None:
        """Let everything come to rest. AssertionError with what does not."""
        unsettled = self._ask(f"room.rest({SETTLED_WITHIN})")
        assert not any(unsettled), unsettled

    def measured(self) -> list[dict[str, Any]]:
        return self._ask("room.measured()")

    def views(self) -> dict[str, Any]:
        return {name: view for views in self._ask("room.views()") for name, view in views.items()}

    def end(self) -> None:
        for process in self._processes:
            process.kill()

    def _ask(self, code: str) -> list[Any]:
        """Let all processes run it at the same time."""
        for process in self._processes:
            process.begin(code)
        return self._each_ends()

    def _each_ends(self) -> list[Any]:
        return [process.end(2 * SETTLED_WITHIN) for process in self._processes]


@contextmanager
def learners(*arguments: Any) -> Iterator[Learners]:
    """`Learners` of these arguments, until the end of the block."""
    made = Learners(*arguments)
    try:
        yield made
    finally:
        made.end()


@dataclass
class Run:
    """What came of a run. Times in seconds."""

    account: Account
    torn: int
    """Replies of which a learner saw what the answer does not begin with."""
    faults: str
    waits: list[float]
    """Of each message, to its answer."""
    outages: list[list[float]]
    """Of each learner, each time without a connection."""

    @property
    def is_right(self) -> bool:
        return self.account.is_right and not self.torn

    def rows(self) -> Iterator[tuple[str, str]]:
        """What the table says, in two columns."""
        all_, outages = self.account, [time for one in self.outages for time in one]
        yield "learners", f"{all_.learners:,}"
        yield "messages", f"{all_.messages:,}"
        yield "faults", self.faults
        yield "lost / doubled / out of order", _all(all_.lost, all_.doubled, all_.reordered)
        yield "unanswered / answered twice", _all(all_.unanswered, all_.answered_twice)
        yield "altered / holes in logs", _all(all_.altered, all_.holes)
        yield "learners who see another log", str(all_.wrong_views)
        yield "replies that were torn while they were written", str(self.torn)
        yield "answers *failed*: their servers had died three times", str(all_.given_up)
        yield "from a message to its answer: median, 99 %, worst", _times(self.waits)
        yield "connections lost", f"{len(outages):,}"
        yield "… until the learner was back: median, 99 %, worst", _times(outages)


def _all(*numbers: int) -> str:
    return " / ".join(map(str, numbers))


def _times(values: Sequence[float]) -> str:
    if not values:
        return "–"
    ordered = sorted(values)
    middle, late = statistics.median(ordered), ordered[len(ordered) * 99 // 100]
    return ", ".join(f"{value:.2f} s" for value in (middle, late, ordered[-1]))


# --- faults ---------------------------------------------------------------------------------------


class Faults:
    """What is done to a cluster, and how often it was."""

    def __init__(self, cluster: Cluster, seed: int) -> None:
        self.counts = {"kill": 0, "restart of PostgreSQL": 0, "cut": 0}
        self._cluster = cluster
        self._chance = random.Random(seed)
        self._next = 0
        self._cut: int | None = None

    def kill(self) -> None:
        """The next server that is not cut off: that one could not start."""
        numbers = len(self._cluster.nodes)
        victim = self._next if self._next != self._cut else (self._next + 1) % numbers
        self._next = (victim + 1) % numbers
        self._cluster.kill(victim)
        self.counts["kill"] += 1

    def restart(self) -> None:
        self._cluster.postgres.restart("immediate")
        self.counts["restart of PostgreSQL"] += 1

    def cut(self) -> None:
        self._cut = self._chance.randrange(len(self._cluster.gates))
        self._cluster.gates[self._cut].cut()
        self.counts["cut"] += 1

    def mend(self) -> None:
        assert self._cut is not None
        self._cluster.gates[self._cut].mend()
        self._cut = None

    def inflict(self, seconds: float) -> None:
        """All of them, each at its time."""
        kills = range(1, int(seconds / KILL_EVERY) + 1)
        plan: list[tuple[float, Callable[[], None]]] = [(n * KILL_EVERY, self.kill) for n in kills]
        plan += [
            (0.35 * seconds, self.restart),
            (0.6 * seconds, self.cut),
            (0.8 * seconds, self.mend),
        ]
        began = time.monotonic()
        for at, fault in sorted(plan, key=lambda one: one[0]):
            time.sleep(max(0.0, began + at - time.monotonic()))
            fault()

    def __str__(self) -> str:
        return ", ".join(f"{number} × {name}" for name, number in self.counts.items())


# --- the two parts --------------------------------------------------------------------------------


def names_of(kind: str, number: int) -> list[str]:
    return [f"{kind}-{one:04}" for one in range(number)]


def killed(folder: Path, number: int, seconds: float, rate: float, seed: int) -> Run:
    """So many learners write, while servers and database are killed."""
    with ExitStack() as stack:
        cluster = stack.enter_context(Cluster(folder, 2, "--pace=400"))
        names = names_of("learner", number)
        url = cluster.nginx.url
        group = stack.enter_context(learners(folder / "learners", url, names, number / rate))
        group.go()
        faults = Faults(cluster, seed)
        faults.inflict(seconds)
        group.rest()
        return result(cluster, group, str(faults))


def rolled(folder: Path, idle: int, streaming: int, pace: int) -> tuple[Run, Run]:
    """Both servers are restarted in turn: the idle learners' run, and that of the others."""
    with ExitStack() as stack:
        cluster = stack.enter_context(Cluster(folder, 2, f"--pace={pace}"))
        url = cluster.nginx.url
        quiet = stack.enter_context(learners(folder / "idle", url, names_of("idle", idle), 1.0))
        names = names_of("streaming", streaming)
        busy = stack.enter_context(learners(folder / "streaming", url, names, 100 / pace))
        busy.go()
        time.sleep(100 / pace)  # until most are being answered
        for node in cluster.nodes:
            assert node.stop() == 0
            node.start()  # returns when it serves
        busy.rest()
        quiet.rest()
        faults = f"{len(cluster.nodes)} × restart of a server"
        return result(cluster, quiet, faults), result(cluster, busy, faults)


def seen_across(folder: Path) -> Watched:
    """Replies at reading pace, seen through the other of two servers."""
    folder.mkdir()
    with Cluster(folder, 2, "--pace=50") as cluster:
        return watched(cluster.nodes[0], cluster.nodes[1], WATCHED)


def result(cluster: Cluster, group: Learners, faults: str) -> Run:
    measured = group.measured()
    return Run(
        compare_logs(cluster.logs(), group.folder, group.views()),
        sum(one["torn"] for one in measured),
        faults,
        [wait for one in measured for wait in one["waits"]],
        [outages for one in measured for outages in one["outages"]],
    )


# --- the tables -----------------------------------------------------------------------------------


def table(runs: Sequence[Run]) -> str:
    """A column for each run."""
    rows = [list(run.rows()) for run in runs]
    lines = [f"|{' |' * (len(runs) + 1)}", f"|{'---|' * (len(runs) + 1)}"]
    for cells in zip(*rows, strict=True):
        lines += [f"| {cells[0][0]} | {' | '.join(text for _, text in cells)} |"]
    return "\n".join(lines)


def main() -> int:
    """Run it and print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--learners", type=int, nargs="+", default=[500, 2000])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--rate", type=float, default=100.0, help="messages a second, of all")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    try:
        right = measure(given.learners, given.seconds, given.rate, given.seed)
    except Missing as missing:
        right = False
        print(missing)
    print("everything was right" if right else "NOT everything was right")
    return 0 if right else 1


def measure(numbers: Sequence[int], seconds: float, rate: float, seed: int) -> bool:
    """Run all of it, and print the tables; whether all was right."""
    runs: list[Run] = []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        for number in numbers:
            (folder := Path(name) / str(number)).mkdir()
            runs.append(killed(folder, number, seconds, rate, seed))
            print(f"{table(runs[-1:])}\n", flush=True)
        (folder := Path(name) / "rolled").mkdir()
        idle, busy = rolled(folder, IDLE, STREAMING, PACE)
        across = seen_across(Path(name) / "across")
    print("Servers restarted in turn, below idle learners and below those who are answered:\n")
    print(table([idle, busy]))
    longest = [max(outages, default=0.0) for outages in idle.outages]
    late = sum(time > BADGE for time in longest)
    print(f"\n{late} of {len(longest)} idle learners were without a connection for over {BADGE} s")
    print(
        f"\n{WATCHED} replies were watched through the other server. There they began later by "
        f"{_times(across.late)} (median, 99 %, worst). {across.relayed} frames crossed; of "
        f"{WATCHED} replies that nobody watched there: {across.alone}"
    )
    right = not late and max(across.late) <= SOON and not across.alone
    return right and all(run.is_right for run in (*runs, idle, busy))


if __name__ == "__main__":
    sys.exit(main())
