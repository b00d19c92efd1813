"""Who watches a dashboard: all that it shows of a class at any time, and the truth behind it.

A class acts at random. One or two dashboards follow it, each as late as it likes, on one store of
publications; any may start anew. The observer looks at every page of every group after each step,
and knows of each published value whose contributions it was made of. `isolating` are the pairs of
things shown whose difference stems from fewer learners than it may.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise, takewhile
from typing import Any, Final

from tests.support.seats import LESSON, LESSONS, SECRET, WRONG, Seat
from tutor_widget.dashboard.figures import ClassFigures, Counts
from tutor_widget.dashboard.figures.cell import Cell

__all__ = ["Observer"]

Cohort = frozenset[str]
Place = tuple[int, str]
"""The number of a step and a family of figures."""
Contributions = Mapping[str, tuple[int, ...]]
"""Of one family, by learner."""
Sight = Mapping[Cohort, int]
"""A figure that was shown: of each cohort that is in it, which of its published values."""

FORMS: Final = {
    "5": "5", "it is 5": "5", "6": "6", "7": "7", "A": "A", "this": "A", "A)": "A",
    "halt": "halt", "Halt!": "halt", "end": "end",
}  # fmt: skip
"""What the wrong answers of `WRONG` are."""
OUTCOMES: Final = ("first", "later", "helped", "missed", "open")
FILTERS: Final = (None, {"A"}, {"B"}, {"C"}, {"A", "C"})
COHORTS: Final = tuple(map(frozenset, ("A", "A", "AB", "C")))
LEAST: Final = 5
HOUR: Final = 3_600_000
EVENT: Final = 60_000
"""Milliseconds from one event of the class to the next."""
NIGHT: Final = 16 * HOUR
QUIET: Final = 0.01
"""How often a night lies between two events."""


# --- the truth: what each learner contributes, told from the conversations alone ------------------


def truth(seats: Iterator[Seat], now: int) -> dict[Cohort, dict[Place, dict[str, tuple[int, ...]]]]:
    """By cohort, step and family: what each learner contributes."""
    learners: dict[str, list[Seat]] = {}
    for seat in sorted(seats, key=lambda seat: seat.key):
        learners.setdefault(seat.account or str(seat.key), []).append(seat)
    found: dict[Cohort, dict[Place, dict[str, tuple[int, ...]]]] = {}
    for name, own in learners.items():
        cohort = frozenset[str]().union(*(seat.groups for seat in own))
        for number in range(1, 4):
            for family, given in contributed(own, number, now).items():
                families = found.setdefault(cohort, {})
                families.setdefault((number, family), {})[name] = given
    return found


def contributed(own: list[Seat], number: int, now: int) -> dict[str, tuple[int, ...]]:
    parts = [part for seat in own if (part := Part(seat, number)).is_reached]
    if not parts:
        return {}
    outcome = next((part.outcome for part in parts if part.outcome != "open"), "open")
    times = [part.minutes for part in parts if part.minutes is not None]
    found = {"result": tuple(int(outcome == one) for one in OUTCOMES)}
    there = [part for part in parts if part.is_here and part.active > now - HOUR]
    if there:
        found["here"] = (max(part.arrived for part in there) // 60_000,)
    if any(effort := tuple(map(sum, zip(*(part.effort for part in parts), strict=True)))):
        found["effort"] = effort
    if times:
        found["time"] = tuple(
            int(sum(times[0] >= m for m in (1, 3, 10, 30)) == n) for n in range(5)
        )
    named = {name for part in parts for name in part.named}
    return found | dict.fromkeys(named, (1,))


class Part:
    """What happened in one conversation at a step."""

    def __init__(self, seat: Seat, number: int) -> None:
        digest = LESSON.digests[number - 1]
        self.is_here = seat.state["step"] == number and not seat.is_done
        self.named = set[str]()
        self.minutes: float | None = None
        self.outcome = "open"
        counts = dict.fromkeys(("answers", "wrong", "hints", "talk", "failed"), 0)
        spoke, began, last = 0, None, 0
        asked = {entry.event.id: entry for entry in seat.entries}
        heard = [one.event.at for one in seat.entries if one.event.role == "learner"]
        self.active = heard[-1] if heard else seat.began
        back = [b for a, b in pairwise([seat.began, *heard]) if b - a >= HOUR]
        answers = [one for one in seat.entries if one.event.role == "tutor" and one.record]
        places = [one.record["step"] for one in answers]
        stays = list(takewhile(lambda place: place == seat.state["step"], reversed(places)))
        came = [seat.entries[0], *answers][len(answers) - len(stays)]
        self.arrived = max([came.event.at, *back])
        for entry in seat.entries:
            record = entry.record
            if entry.event.role != "tutor":
                continue
            step = record.get("step", 0) or (last if entry.event.status == "failed" else 0)
            if step == number and entry.event.re:
                began = spoke if began is None else began
                message = asked[entry.event.re]
                self._count(counts, record, message.event.text, entry.event.at, began)
                if record and (error := message.context.get("error")):
                    self.named.add(f"error {error['name']}")
            last, spoke = step or last, entry.event.at
        self.effort = tuple(counts.values())
        if self.outcome == "open":
            is_missed, is_solved = (digest in seat.state[key] for key in ("missed", "solved"))
            self.outcome = "missed" if is_missed else "later" if is_solved else "open"
        self.is_reached = began is not None or self.is_here or self.outcome != "open"

    def _count(
        self, counts: dict[str, int], record: dict[str, object], text: str, at: int, began: int
    ) -> None:
        if not record:
            counts["failed"] += 1
            return
        hints = record["hints"]
        assert isinstance(hints, int)
        counts["hints"] = max(counts["hints"], hints)
        if record["kind"] != "answer":
            counts["talk"] += 1
            return
        counts["answers"] += 1
        if not record["right"]:
            counts["wrong"] += 1
            self.named.add(f"wrong {FORMS[text]}")
        elif self.minutes is None:
            self.minutes = (at - began) / 60_000
            is_first = not (counts["wrong"] or counts["hints"] or record["attempts"])
            self.outcome = "first" if is_first else "helped" if counts["hints"] else "later"


# --- the class, and the dashboards that follow it -------------------------------------------------


class Dashboard:
    """Figures of what it has seen so far."""

    def __init__(self, stored: Mapping[str, tuple[int, str]]) -> None:
        self.figures = ClassFigures(SECRET, LESSONS)
        self.seen: dict[int, Seat] = {}
        self.now = 0
        for cell, (number, data) in stored.items():
            self.figures.stands(cell, number, data)

    def see(self, seats: Mapping[int, Seat], key: int) -> None:
        """Read what is new in a conversation, or that it is gone."""
        seat = seats.get(key)
        if seat is None:
            self.figures.erase(key)
            self.seen.pop(key, None)
        else:
            after = self.figures.after(key)
            self.figures.take(seat.listed, seat.head, seat.entries[after:])
            self.seen[key] = seat.copy()


@dataclass
class Published:
    """All values that one family of a cell ever had, and the contributions behind each."""

    values: list[tuple[int, ...]] = field(default_factory=list)
    behind: list[Contributions] = field(default_factory=list)
    shown: int | None = None
    """Which of them is shown."""


class Observer:
    """``dashboards``: how many follow the class. ``late``: whether they read it with delays."""

    held = 0.1
    """How often an answer waits until its learner's next turn."""

    def __init__(self, seed: int, dashboards: int = 1, *, late: bool = False) -> None:
        self.faults: list[str] = []
        self._chance = random.Random(seed)
        self._late = late
        self._seats: dict[int, Seat] = {}
        self._unseen: list[set[int]] = [set() for _ in range(dashboards)]
        self._stored: dict[str, tuple[int, str]] = {}
        self._dashboards = [Dashboard(self._stored) for _ in range(dashboards)]
        self._published: dict[tuple[Cohort, Place], Published] = {}
        self._sights: dict[Place, list[Sight]] = {}
        self._key = 0
        self._now = 1_000_000

    @property
    def values(self) -> int:
        """How many values were published."""
        return sum(len(published.values) for published in self._published.values())

    def watch(self, events: int) -> None:
        """Let so much happen, and look at everything after each of it."""
        for _ in range(events):
            self._now += EVENT if self._chance.random() > QUIET else NIGHT
            key = self._happen()
            for place, dashboard in enumerate(self._dashboards):
                self._unseen[place].add(key)
                if not self._late or self._chance.random() < 0.2:
                    for one in self._unseen[place]:
                        dashboard.see(self._seats, one)
                    self._unseen[place].clear()
                self._publish(dashboard)
            if self._chance.random() < 0.02:
                self._restart(self._chance.randrange(len(self._dashboards)))
            self._look()

    def isolating(self) -> tuple[Place, Sight, Sight] | None:
        """Two figures that were shown, at whatever times and of whatever groups, whose difference
        stems from fewer learners than it may; None if there are none."""
        found = (
            (place, one, other)
            for place, sights in self._sights.items()
            for number, one in enumerate(sights)
            for other in [{}, *sights[:number]]
            if 0 < self._stem(place, one, other) < LEAST
        )
        return next(found, None)

    def _stem(self, place: Place, one: Sight, other: Sight) -> int:
        """How many learners contribute differently to two figures."""
        return sum(
            differing(self._behind(cohort, place, one), self._behind(cohort, place, other))
            for cohort in one.keys() | other.keys()
        )

    def _behind(self, cohort: Cohort, place: Place, sight: Sight) -> Contributions:
        number = sight.get(cohort)
        return {} if number is None else self._published[cohort, place].behind[number]

    # --- what happens -----------------------------------------------------------------------------

    def _happen(self) -> int:
        chance = self._chance
        if len(self._seats) < 30 or (len(self._seats) < 60 and chance.random() < 0.06):
            return self._join()
        key = chance.choice(list(self._seats))
        if chance.random() < 0.04:
            del self._seats[key]
            return key
        seat = self._seats[key]
        seat.clock = max(seat.clock, self._now)
        if seat.held:
            seat.release()
            return key
        if seat.is_done or chance.random() < 0.05:
            seat.act("restart")
            return key
        action = chance.choices(["right", "wrong", "skip", "talk", "fail"], [5, 6, 1, 2, 1])[0]
        text = chance.choice(WRONG[seat.state["step"] - 1]) if action == "wrong" else "…"
        error = chance.choice(["", "", "NameError", "TypeError"])
        ms = chance.choice([5_000, 100_000, 1_000_000])
        held = chance.random() < self.held
        seat.act(action, text, error=error, ms=ms, held=held)  # type: ignore[arg-type]  # one of these
        return key

    def _join(self) -> int:
        self._key += 1
        number = self._chance.randrange(40)
        account = self._chance.choice(["", f"learner{number}"])
        is_moved = self._chance.random() < 0.03
        cohort = self._chance.choice(COHORTS) if is_moved else COHORTS[number % len(COHORTS)]
        self._seats[self._key] = Seat(self._key, account, cohort, self._now)
        return self._key

    def _restart(self, place: int) -> None:
        self._dashboards[place] = Dashboard(self._stored)
        for key in self._seats:
            self._dashboards[place].see(self._seats, key)
        self._unseen[place].clear()

    # --- what is published ------------------------------------------------------------------------

    def _publish(self, dashboard: Dashboard) -> None:
        dashboard.now = self._now
        dashboard.figures.pass_time(self._now)
        for cell, number, data in dashboard.figures.due():
            if self._stored.get(cell, (0, ""))[0] == number:
                self._stored[cell] = number + 1, data
                self._note(dashboard, cell, data)
            dashboard.figures.stands(cell, *self._stored[cell])

    def _note(self, dashboard: Dashboard, name: str, data: str) -> None:
        """Note which values are new, and the truth behind them as the dashboard has seen it."""
        (cohort, step), cell = next(
            (place, cell) for place, cell in dashboard.figures._cells.items() if cell.name == name
        )
        number = LESSON.digests.index(step.question) + 1
        # This dashboard may hide what others have published, and not know what that is called.
        others = {f for c, (n, f) in self._published if (c, n) == (cohort, number)}
        families = {family: logged(cell, family) for family in {*cell._stored, *others}}
        cell.stands(cell.number + 1, data)
        behind = truth(iter(dashboard.seen.values()), dashboard.now).get(cohort, {})
        for family, before in families.items():
            if logged(cell, family) != before:
                self._take(cohort, (number, family), cell, behind.get((number, family), {}))

    def _take(self, cohort: Cohort, place: Place, cell: Cell, behind: Contributions) -> None:
        published = self._published.setdefault((cohort, place), Published())
        value = cell.shown(place[1])
        if value is None:
            published.shown = None
            return
        sums = tuple(map(sum, zip(*behind.values(), strict=True)))
        if value != (len(behind), *sums):
            self.faults.append(f"{place} of {set(cohort)}: {value}, and not {len(behind), *sums}")
        if len(behind) < LEAST:
            self.faults.append(f"{place} of {set(cohort)}: of {len(behind)} learners")
        published.shown = len(published.values)
        published.values.append(value)
        published.behind.append(behind)

    # --- what is shown ----------------------------------------------------------------------------

    def _look(self) -> None:
        for dashboard in self._dashboards:
            for cell, stands in self._stored.items():
                dashboard.figures.stands(cell, *stands)
            known = {(c, p) for c, p in self._published if self._knows(dashboard, c, p)}
            for groups in FILTERS:
                self._compare(dashboard, groups, known)

    def shown(self, dashboard: Dashboard, groups: set[str] | None) -> dict[Place, Any]:
        """Every figure of every page of these groups."""
        return dict(figures(dashboard.figures, groups))

    def showable(self, place: Place, value: tuple[int, ...] | None) -> Any:
        """What a page shows of a value: of simple ones how many learners, of times no count."""
        if value is None or place[1] in ("result", "effort"):
            return value
        if place[1] == "here":
            return value
        return value[1:] if place[1] == "time" else value[:1]

    def _knows(self, dashboard: Dashboard, cohort: Cohort, place: Place) -> bool:
        """Whether the dashboard has seen what the figure is called."""
        cells = dashboard.figures._cells
        number, family = place
        found = (
            cell
            for (groups, step), cell in cells.items()
            if groups == cohort and step.question == LESSON.digests[number - 1]
        )
        return any(" " not in family or family in cell._stored for cell in found)

    def _compare(
        self, dashboard: Dashboard, groups: set[str] | None, known: set[tuple[Cohort, Place]]
    ) -> None:
        """Whether the page of these groups shows sums of published values, and which."""
        shown = self.shown(dashboard, groups)
        for place in {place for _, place in self._published}:
            cohorts = [c for c in COHORTS_SEEN if (c, place) in known]
            sight = {
                cohort: number
                for cohort in cohorts
                if (groups is None or cohort & groups)
                and (number := self._published[cohort, place].shown) is not None
            }
            values = [self._published[cohort, place].values[n] for cohort, n in sight.items()]
            expected = tuple(map(sum, zip(*values, strict=True))) if values else None
            if shown.pop(place, None) != self.showable(place, expected):
                self.faults.append(f"{place} of {groups} is no sum of published values")
            if sight and sight not in (sights := self._sights.setdefault(place, [])):
                sights.append(sight)
        if shown:
            self.faults.append(f"{shown} of {groups} were never published")


COHORTS_SEEN: Final = tuple(
    {one | other for one in COHORTS for other in COHORTS} | {frozenset("ABC")}
)


def differing(one: Contributions, other: Contributions) -> int:
    """How many learners contribute differently."""
    return sum(one.get(name) != other.get(name) for name in one.keys() | other.keys())


def logged(cell: Cell, family: str) -> object:
    ledger = cell._ledgers.get(cell._stored_name(family))
    return ledger and (ledger.shown, len(ledger._log))


def figures(
    shown: ClassFigures, groups: set[str] | None
) -> Iterator[tuple[Place, tuple[int, ...]]]:
    """Every figure of every page of these groups."""
    for row in shown.page(groups).steps:
        for family, value in figures_in(row.counts):
            yield (row.number, family), value
    for one in shown.misconceptions(groups):
        yield (one.number, f"wrong {one.form}"), (one.learners,)


def figures_in(counts: Counts) -> Iterator[tuple[str, tuple[int, ...]]]:
    if counts.here is not None and counts.arrived is not None:
        yield "here", (counts.here, counts.arrived)
    for family, value in (
        ("result", counts.result), ("effort", counts.effort), ("time", counts.minutes),
    ):  # fmt: skip
        if value is not None:
            yield family, tuple(value)
    for name, learners in counts.errors.items():
        yield f"error {name}", (learners,)
