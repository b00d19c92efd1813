"""What a run of the bench found: as Markdown tables for people, as JSON for programs."""

from __future__ import annotations

import datetime
import json
import os
import platform
import shlex
import statistics
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from importlib.metadata import version
from math import inf
from typing import Any

from benchmarks.faulty import packages
from benchmarks.faulty.faults import FAULTS
from benchmarks.faulty.systems import OURS
from benchmarks.faulty.trial import EVERY, Plan, Result

TITLES = (
    "fault",
    "system",
    "lost / doubled / reordered",
    "noticed after s",
    "working after s",
    "all across after s",
    "connections",
)
LEGEND = """\
The counts are the worst of the runs, times and connections the medians (in brackets the worst).
*Noticed*: from the fault until the system says that it is not connected; – : it never did.
*Working*: from the moment the path is whole until a message is known to be across; *all across*:
from then, or from the last message typed, until the last one is; – : no sign of it within a minute.
*Connections*: TCP connections from the fault on (Socket.IO as documented takes several for one
return)."""


@dataclass(frozen=True)
class Report:
    """One run of the bench, with all that is needed to read it later."""

    command: str
    date: str
    machine: str
    versions: dict[str, str]
    plan: Plan
    results: list[Result]

    @classmethod
    def now(cls, arguments: list[str], plan: Plan, results: list[Result]) -> Report:
        """Of a run that ends now, here."""
        return cls(
            command=f"python3 dev.py bench faults {shlex.join(arguments)}".strip(),
            date=datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
            machine=f"{os.cpu_count()} cores, {platform.system()}, "
            f"Python {platform.python_version()}",
            versions=_versions(),
            plan=plan,
            results=sorted(results, key=_place),
        )

    @classmethod
    def from_json(cls, text: str) -> Report:
        """One that was saved."""
        whole: dict[str, Any] = json.loads(text)
        plan = Plan(**whole.pop("plan"))
        results = [Result(**result) for result in whole.pop("results")]
        return cls(plan=plan, results=sorted(results, key=_place), **whole)

    def as_json(self) -> str:
        """Everything."""
        return json.dumps(asdict(self), indent=1) + "\n"

    def as_markdown(self) -> str:
        """Heading, summary, table, and what the words mean."""
        return "\n\n".join(
            [self._heading(), self.summary(), _table(TITLES, self._rows()), LEGEND, self._faults()]
        )

    def summary(self) -> str:
        """A row for each system, a column for each fault: the counts, and time to working."""
        rows = []
        for system in self._names("system"):
            found = [self._of(system, fault) for fault in self._names("fault")]
            rows.append([_name(system), *(_cell(results) for results in found)])
        return _table(("lost/doubled/reordered, working after", *self._names("fault")), rows)

    def _heading(self) -> str:
        with_versions = ", ".join(f"{name} {number}" for name, number in self.versions.items())
        return (
            f"`{self.command}`, {self.date}, {self.machine}.\n{with_versions}.\n"
            f"{self.plan.messages} messages, {1 / EVERY:.0f} a second, the fault after half."
        )

    def _rows(self) -> Iterable[list[str]]:
        for fault in self._names("fault"):
            for system in self._names("system"):
                if results := self._of(system, fault):
                    yield [fault, _name(system), *_figures(results)]

    def _faults(self) -> str:
        told = {name: FAULTS[name].__doc__ for name in self._names("fault")}
        if "silence" in told:
            told["silence"] = f"{told['silence']}, for {self.plan.silence:.0f} s"
        return "\n".join(f"- *{name}*: {words}." for name, words in told.items())

    def _names(self, what: str) -> list[str]:
        return list(dict.fromkeys(getattr(result, what) for result in self.results))

    def _of(self, system: str, fault: str) -> list[Result]:
        return [r for r in self.results if r.system == system and r.fault == fault]


def line(result: Result) -> str:
    """One trial, as it ends."""
    times = (_seconds(t) for t in (result.noticed, result.working, result.caught_up))
    return f"{result.system:16} {result.fault:16} {_counts([result]):14} {'  '.join(times)}"


def _table(titles: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    titles = list(titles)
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _figures(results: list[Result]) -> list[str]:
    times = [_times(getattr(r, w) for r in results) for w in ("noticed", "working", "caught_up")]
    attempts = [result.attempts for result in results]
    made = _spread(f"{statistics.median_high(attempts)}", f"{max(attempts)}")
    return [_counts(results), *times, made]


def _cell(results: list[Result]) -> str:
    if not results:
        return ""
    counts = _counts(results).replace(" ", "")
    bad = f"**{counts}**" if counts != "0/0/0" else counts
    return f"{bad}, {_times((r.working for r in results), worst=False)} s"


def _counts(results: list[Result]) -> str:
    worst = (max(getattr(r, what) for r in results) for what in ("lost", "doubled", "reordered"))
    return " / ".join(map(str, worst))


def _times(values: Iterable[float | None], *, worst: bool = True) -> str:
    """Median and worst; what never happened is the worst of all."""
    known = [inf if value is None else value for value in values]
    middle = _seconds(statistics.median_high(known))
    return _spread(middle, _seconds(max(known))) if worst else middle


def _spread(middle: str, worst: str) -> str:
    return middle if middle == worst else f"{middle} ({worst})"


def _seconds(value: float | None) -> str:
    if value is None or value == inf:
        return "–"
    return f"{value:.2f}" if value < 1 else f"{value:.1f}"


def _name(system: str) -> str:
    return f"**{system}**" if system == OURS else system


def _place(result: Result) -> tuple[int, bool, str]:
    return list(FAULTS).index(result.fault), result.system != OURS, result.system


def _versions() -> dict[str, str]:
    pinned = dict(requirement.split("==") for requirement in packages.PYPI)
    peers = {name: pinned[name] for name in ("websockets", "python-socketio")}
    return {OURS: version("tutor-widget"), **peers, **packages.NPM}
