"""Who looks at every page at every time learns nothing of fewer than five learners."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from html import unescape
from pathlib import Path
from typing import Any, Final

import pytest
from msgspec.structs import replace
from tornado.httpserver import HTTPServer

from tests.support import lesson_class
from tests.support.lesson_class import Taken
from tests.support.observer import FILTERS, Observer, Place
from tests.support.seats import LESSON, LESSONS
from tests.support.servers.dashboard import Browser, Page
from tests.support.small_class import TOLD
from tutor_widget.dashboard.auth.tokens import TokenSignIn, read_teachers
from tutor_widget.dashboard.figures import ClassFigures
from tutor_widget.dashboard.follow import Follower, open_figures
from tutor_widget.dashboard.options import Options, checked
from tutor_widget.dashboard.web import Desk, application
from tutor_widget.server.auth import Pseudonyms
from tutor_widget.server.store import Erased, Head, Store, open_store

TOKENS: Final = "".join(
    f"t{n} token-of-t{n} read {' '.join(sorted(groups)) if groups else '*'}\n"
    for n, groups in enumerate(FILTERS)
)
PAGES: Final = ("class", "misconceptions", "learners")
COLUMNS: Final = 12
"""Of the table of figures, behind the step."""


class Watched:
    """The dashboard's web server in this process, on a store that a tutor's server writes to."""

    def __init__(self, follower: Follower, browsers: list[Browser]) -> None:
        self.follower = follower
        self.browsers = browsers

    async def pages(self, number: int, *paths: str) -> list[Page]:
        """What the teacher with this number sees."""
        found = [await asyncio.to_thread(self.browsers[number].open, path) for path in paths]
        assert [page.status for page in found] == [200] * len(found)
        return found


@pytest.fixture
def database(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'tutor.sqlite'}"


async def watched(database: str, folder: Path) -> AsyncIterator[Watched]:
    """The dashboard, and a browser for each teacher."""
    file = folder / "teachers"
    file.write_text(TOKENS, "utf-8")
    given = Options(database, auth="tokens", token_file=file, readable_by_teachers=True)
    options = checked(given, {})
    store = await open_store(database)
    secret = await store.secret()
    figures = await open_figures(store, lesson_class.watched())
    follower = Follower(store, figures=figures)
    sign_in, pseudonyms = TokenSignIn(read_teachers(file), secret), Pseudonyms(secret)
    desk = Desk(options, store, follower, figures, sign_in, pseudonyms)
    await follower.start()
    server = HTTPServer(application(desk))
    server.listen(0, "127.0.0.1")
    port = next(socket.getsockname()[1] for socket in server._sockets.values())
    browsers = [
        await asyncio.to_thread(signed_in, f"http://127.0.0.1:{port}/", f"t{n}")
        for n in range(len(FILTERS))
    ]
    yield Watched(follower, browsers)
    server.stop()
    await server.close_all_connections()
    await store.close()


def signed_in(url: str, teacher: str) -> Browser:
    browser = Browser(url)
    browser.send(browser.open("sign-in"), "sign-in", token=f"token-of-{teacher}")
    return browser


class PageObserver(Observer):
    """An observer who has nothing but the pages, and the store's publications to compare with."""

    held = 0.0  # it is written with its answer: `Taken.write`

    def __init__(self, seed: int, store: Store, dashboard: Watched, secret: bytes) -> None:
        super().__init__(seed)
        self._dashboards[0].figures = ClassFigures(secret, LESSONS)
        self._store, self._dashboard = store, dashboard
        self._taken: dict[int, Taken] = {}
        self._pages: dict[int, dict[Place, Any]] = {}

    async def watch_pages(self, events: int) -> None:
        """Let so much happen, and look at every page of every teacher after each of it."""
        (known,) = self._dashboards
        for _ in range(events):
            key = self._happen()
            await self._write(key)
            known.see(self._seats, key)
            await self._take_publications()
            for number in range(len(FILTERS)):
                pages = await self._dashboard.pages(number, *PAGES)
                self._pages[number] = read(*pages[:2])
                if read_learners(pages[2]) != self._readable(FILTERS[number]):
                    self.faults.append(f"{FILTERS[number]} sees other learners than its own")
            self._look()

    def _readable(self, groups: set[str] | None) -> dict[int, int | None]:
        """By conversation of these groups the step, if its learner was told of who can read it."""
        found = {}
        for key, seat in self._seats.items():
            if groups is None or seat.groups & groups:
                is_there = is_told(key) and not seat.is_done
                found[self._taken[key].key] = seat.state["step"] if is_there else None
        return found

    def shown(self, dashboard: object, groups: set[str] | None) -> dict[Place, Any]:
        return dict(self._pages[FILTERS.index(groups)])

    def showable(self, place: Place, value: tuple[int, ...] | None) -> Any:
        """What the pages show of a value, which is less than they could."""
        if value is None or place[1] == "result":
            return value
        if place[1] == "effort":
            learners, answers, _, hints, talk, failed = value
            return (f"{answers / learners:.1f}", f"{hints / learners:.1f}", str(talk), str(failed))
        if place[1] == "here":
            return value[0], round(60_000 * value[1] / value[0])
        return "up to 1 min" if place[1] == "time" else value[:1]

    def _happen(self) -> int:
        """A learner who joins says something at once: the store holds no greeting of theirs."""
        key = super()._happen()
        seat = self._seats.get(key)
        if seat is not None and len(seat.entries) == 1:
            seat.act("talk")
        return key

    async def _write(self, key: int) -> None:
        """Write what has happened into the store, and let the dashboard read it."""
        taken = self._taken.get(key)
        if key not in self._seats:
            assert taken is not None
            await self._store.erase(taken.key, 1)
        else:
            taken = taken or await self._enter(key)
            await taken.write(self._store)
            await self._take_times(taken)
        await self._dashboard.follower._refresh(frozenset({taken.key}))

    async def _enter(self, key: int) -> Taken:
        seat = self._seats[key]
        head = await self._store.create_session(seat.account, f"session-{key}", seat.groups)
        assert isinstance(head, Head)
        if is_told(key):
            await self._store.notice(head.key, "_readable-0", None, TOLD)
        self._taken[key] = Taken(head.key, seat, written=1)
        return self._taken[key]

    async def _take_times(self, taken: Taken) -> None:
        """The store has a clock of its own. It holds no greeting: the first answer is the first
        word."""
        stored = await self._store.entries(taken.key, 0, 1_000)
        assert not isinstance(stored, Erased)
        times = [one.event.at for one in stored if one.event.role != "notice"]
        entries = taken.seat.entries
        taken.seat.began = times[0]
        entries[:] = [
            replace(one, event=replace(one.event, at=at))
            for one, at in zip(entries, [times[1], *times], strict=True)
        ]

    async def _take_publications(self) -> None:
        (known,) = self._dashboards
        for cell, published in (await self._store.publications()).items():
            if self._stored.get(cell, (0, ""))[0] != published.number:
                self._stored[cell] = published.number, published.data
                self._note(known, cell, published.data)


def is_told(key: int) -> bool:
    """Every second conversation tells its learner that teachers can read it."""
    return key % 2 == 0


def read_learners(page: Page) -> dict[int, int | None]:
    """The conversations of the list, and the steps that it says."""
    steps = {}
    for key, row in re.findall(r'<tr id="row-(\d+)">(.*?)</tr>', page.html, re.DOTALL):
        step = re.search(r"<td>Loops, step (\d)</td>", row)
        steps[int(key)] = int(step[1]) if step else None
    return steps


def read(page: Page, wrong: Page) -> dict[Place, Any]:
    """The figures of the two pages."""
    tables = re.findall(r"<tbody>(.*?)</tbody>", page.html, re.DOTALL)
    found: dict[Place, Any] = {}
    for number, row in enumerate(rows(tables[0]) if tables else [], 1):
        here, result, effort, since, time = row[0], row[1:6], row[6:10], row[10], row[11]
        if here is not None:
            told = re.search(r'data-since="(\d+)"', since or "")
            assert told
            found[number, "here"] = int(here), int(told[1])
        if result[0] is not None:
            numbers = tuple(int(one or "") for one in result)
            found[number, "result"] = (sum(numbers), *numbers)
        if effort[0] is not None:
            found[number, "effort"] = tuple(effort)
        if time is not None:
            found[number, "time"] = time
    for errors in tables[1:]:
        for step, name, learners in re.findall(
            r"Loops, (\d)</th>.*?<code[^>]*>(\w+)</code></td><td>(\d+)</td>", errors
        ):
            found[int(step), f"error {name}"] = (int(learners),)
    return found | read_wrong(wrong)


def rows(table: str) -> list[list[str | None]]:
    """The cells of each row but the first; None for what is not shown."""
    found = []
    for row in table.split("<tr>")[1:]:
        cells: list[str | None] = []
        for span, hidden, text in re.findall(
            r'<td(?: colspan="(\d+)")?( class="hidden")?>(.*?)</td>', row, re.DOTALL
        ):
            cells += [None if hidden else text] * int(span or 1)
        assert len(cells) == COLUMNS
        found.append(cells)
    assert len(found) == len(LESSON.steps)
    return found


def read_wrong(page: Page) -> dict[Place, Any]:
    parts = re.split(r">Loops, step (\d)</h2>", page.html)
    found: dict[Place, Any] = {}
    for number, part in zip(parts[1::2], parts[2::2], strict=True):
        for shown, learners in re.findall(
            r'<code id="answer[^>]*>(.*?)</code> <span class="count">(\d+) learner', part
        ):
            form = re.sub(r"^([A-Z])\) .*", r"\1", unescape(shown))
            found[int(number), f"wrong {form}"] = (int(learners),)
    return found


@pytest.mark.timeout(900)
@pytest.mark.parametrize("events", [60, pytest.param(250, marks=pytest.mark.slow)])
async def test_no_two_pages_tell_of_fewer_than_five(
    database: str, tmp_path: Path, events: int
) -> None:
    """The pages of all teachers, after each event of a class: every figure is a sum of what was
    published, and no two of them differ by fewer than five learners. Single learners are listed
    for those who may read them."""
    store = await open_store(database)
    async for dashboard in watched(database, tmp_path):
        observer = PageObserver(7, store, dashboard, await store.secret())
        await observer.watch_pages(events)
        assert observer.faults == []
        assert observer.values > 10
        assert observer.isolating() is None
    await store.close()
