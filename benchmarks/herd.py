"""A class comes back: how many learners knock at once when the server returns, and how soon.

    python3 dev.py bench herd [--learners 1000 10000] [--outages 3 30 300] [--seed 1]

On a simulated clock. This project's learners are its own `Session`, told of a connection that ends
and of tries that fail; the peers' policies are re-stated here from their sources, as they are by
default. All learners lose their connection at the same moment, and every try fails within 20 ms
while the server is away. *As they joined*: each learner of ours has heard the *spread* that the
server told when it joined, one after another, instead of that of the full class.
"""

from __future__ import annotations

import argparse
import itertools
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tutor_widget.session import Ending, Kind, Phase, Session
from tutor_widget.session import events as ev
from tutor_widget.wire import Limits, Welcome

LESSON: Final = 60.0
"""Seconds that everybody was connected before the outage."""
SLOWEST_TRY: Final = 0.02
PER_SECOND: Final = 800
"""Learners that a server takes back in a second: its spread is their number ÷ this."""

Waits = Callable[[random.Random], Iterator[float]]
"""The waits between tries in seconds; one that ends gives up."""


@dataclass(frozen=True, slots=True)
class Return:
    """How a class came back. Seconds from the server's return."""

    peak: int
    """The most arrivals in one tenth of a second, counted from the server's return."""
    half: float
    nearly_all: float
    """99 of 100."""
    never: int
    tries: int
    """In vain, of all learners together."""


# --- this project -------------------------------------------------------------------------------


def session(chance: random.Random, spread: float) -> Iterator[float]:
    """The waits that the project's own session makes of a connection lost and tries refused."""
    now = 1000.0
    learner = Session("herd", "learner", now=now)
    learner.step(ev.Started(), now)
    learner.step(ev.Opened(learner.dial), now)
    learner.step(ev.Received(learner.dial, _welcome(spread)), now)
    assert learner.phase is Phase.LIVE
    now += LESSON
    while True:
        learner.step(ev.Dropped(learner.dial, Ending(Kind.LOST)), now, chance.random())
        due = learner.wake_at
        assert due is not None
        yield due - now
        now = due
        learner.step(ev.Ticked(), now)


def _welcome(spread: float) -> Welcome:
    return Welcome(
        session="herd",
        epoch="e",
        seq=0,
        reset=False,
        first=1,
        state={},
        rev=0,
        answering=None,
        limits=Limits(text=32768, unacked=64),
        spread=spread,
        server="herd/1",
    )


# --- the peers, by their sources ----------------------------------------------------------------


def partysocket(_chance: random.Random) -> Iterator[float]:
    """partysocket 1.3.0: 3 s, growing by 1.3, to 10 s; no jitter."""
    for n in itertools.count():
        yield min(3 * 1.3**n, 10.0) if n < 10 else 10.0


def phoenix(_chance: random.Random) -> Iterator[float]:
    """phoenix 1.8.16: a table, then every 5 s; no jitter."""
    yield from (0.01, 0.05, 0.1, 0.15, 0.2, 0.25, 0.5, 1.0, 2.0)
    yield from itertools.repeat(5.0)


def signalr(_chance: random.Random) -> Iterator[float]:
    """@microsoft/signalr 10.0.11, withAutomaticReconnect(): four tries, then it gives up."""
    yield from (0.0, 2.0, 10.0, 30.0)


def socket_io(chance: random.Random) -> Iterator[float]:
    """socket.io-client 4.8.4: 1 s, doubling, ± 50 %, no more than 5 s."""
    for n in itertools.count():
        whole = 2.0 ** min(n, 10)
        yield min(whole * (1 + chance.uniform(-0.5, 0.5)), 5.0)


def websockets(chance: random.Random) -> Iterator[float]:
    """websockets 17.4, its reconnecting iterator: uniform in 5 s, then 3.1 s, × 1.618, to 90 s."""
    yield chance.uniform(0, 5)
    delay = 3.1
    while delay < 90:
        yield delay
        delay *= 1.618
    yield from itertools.repeat(90.0)


PEERS: Final[dict[str, Waits]] = {
    "partysocket": partysocket,
    "Phoenix": phoenix,
    "SignalR": signalr,
    "socket.io": socket_io,
    "websockets": websockets,
}


# --- the simulation -----------------------------------------------------------------------------


def spreads(learners: int, *, joining: bool = False) -> list[float]:
    """What each learner was told by the server's rule: the full class's, or as they joined."""
    return [(k if joining else learners) / PER_SECOND for k in range(1, learners + 1)]


def ours(learners: int, outage: float, seed: int, *, joining: bool = False) -> Return:
    """A class of this project's."""
    chance = random.Random(seed)
    waits = (session(chance, spread) for spread in spreads(learners, joining=joining))
    return measure([come_back(each, outage, chance) for each in waits])


def theirs(policy: Waits, learners: int, outage: float, seed: int) -> Return:
    """A class of a peer's."""
    chance = random.Random(seed)
    return measure([come_back(policy(chance), outage, chance) for _ in range(learners)])


def come_back(waits: Iterator[float], outage: float, chance: random.Random) -> tuple[float, int]:
    """When one learner arrives, in seconds after the server's return, and the tries in vain."""
    now = 0.0
    for tries, wait in enumerate(waits):
        now += wait
        if now >= outage:
            return now - outage, tries
        now += chance.uniform(0.001, SLOWEST_TRY)
    return inf, tries + 1


def measure(learners: Sequence[tuple[float, int]]) -> Return:
    """The figures of a class, from what `come_back` says of each."""
    arrivals = sorted(arrival for arrival, _ in learners)
    bins = Counter(int(arrival * 10) for arrival in arrivals if arrival < inf)
    return Return(
        peak=max(bins.values(), default=0),
        half=arrivals[(len(arrivals) - 1) // 2],
        nearly_all=arrivals[(len(arrivals) * 99 - 1) // 100],
        never=arrivals.count(inf),
        tries=sum(tries for _, tries in learners),
    )


# --- the table ----------------------------------------------------------------------------------


def row(outage: float, learners: int, name: str, back: Return) -> str:
    """One line of the table."""
    times = [f"{t:.1f}" if t < inf else "–" for t in (back.half, back.nearly_all)]
    each = f"{back.tries / learners:.1f}"
    cells = [
        f"{outage:g}",
        f"{learners:,}",
        name,
        f"{back.peak:,}",
        *times,
        f"{back.never:,}",
        each,
    ]
    return f"| {' | '.join(cells)} |"


def main(arguments: list[str]) -> int:
    """Run it and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--learners", type=int, nargs="+", default=[1000, 10_000])
    parser.add_argument("--outages", type=float, nargs="+", default=[3, 30, 300])
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    print("| outage s | learners | policy | peak per 100 ms | half back s | 99 % back s ", end="")
    print("| never | tries in vain each |\n|---|---|---|---|---|---|---|---|")
    for outage, learners in itertools.product(given.outages, given.learners):
        back = ours(learners, outage, given.seed)
        print(row(outage, learners, "**tutor_widget**", back), flush=True)
        back = ours(learners, outage, given.seed, joining=True)
        print(row(outage, learners, "tutor_widget, as they joined", back), flush=True)
        for name, policy in PEERS.items():
            back = theirs(policy, learners, outage, given.seed)
            print(row(outage, learners, name, back), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
