"""Which reports are listed, and that a change costs no look at those of other conversations."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tutor_widget.dashboard.follow import reports
from tutor_widget.dashboard.follow.reports import Reports
from tutor_widget.server.store import ALL, Report, ReportState

DAY: Final = 86_400_000
NOW: Final = 1_000 * DAY
CHANGES: Final = st.one_of(
    st.tuples(st.just("report"), st.integers(1, 3), st.sampled_from("ab")),
    st.tuples(st.just("settle"), st.integers(1, 3), st.sampled_from(["open", "closed"])),
    st.tuples(st.just("erase"), st.integers(1, 3), st.none()),
    st.tuples(st.just("wait"), st.sampled_from([0, 1, 10, 50]), st.none()),
)


class Kept:
    """A store of reports, which counts what was read of them."""

    def __init__(self) -> None:
        self.now = NOW
        self.kept: dict[tuple[int, str], Report] = {}
        self.read = 0

    def report(self, key: int, event: str, state: ReportState = "open") -> None:
        """A report is made now."""
        made = Report(key, event, "wrong", self.now, state)
        self.kept[key, event] = made

    def settle(self, key: int, state: Any) -> None:
        """Those of the conversation have this state."""
        mine = {place: one for place, one in self.kept.items() if one.key == key}
        self.kept |= {place: replace(one, state=state) for place, one in mine.items()}

    def erase(self, key: int) -> None:
        """The conversation is gone."""
        self.kept = {place: one for place, one in self.kept.items() if one.key != key}

    async def reports(self, since: int, limit: int) -> Sequence[Report]:
        found = sorted((one for one in self.kept.values() if one.at >= since), key=_place)
        self.read += len(found[:limit])
        return found[:limit]


def _place(report: Report) -> tuple[int, int, str]:
    return report.at, report.key, report.event_id


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Kept:
    made = Kept()
    monkeypatch.setattr(reports, "_now", lambda: made.now)
    return made


def listed_of(kept: Kept) -> list[Report]:
    """What is to be listed."""
    months = kept.now - 90 * DAY
    return sorted(
        (one for one in kept.kept.values() if one.at >= months or one.state == "open"), key=_place
    )


@given(changes=st.lists(CHANGES, max_size=20))
def test_what_is_listed_is_what_is_kept(changes: list[tuple[str, int, Any]]) -> None:
    """Made, made once more, settled, opened again, erased; and closed ones leave with time.

    One that is too old to be listed is not opened again by a teacher: no page shows it."""
    with pytest.MonkeyPatch.context() as patch:
        kept = Kept()
        patch.setattr(reports, "_now", lambda: kept.now)
        known = Reports(kept)  # type: ignore[arg-type]  # what it needs of a store
        asyncio.run(known.read(ALL))
        for kind, key, what in changes:
            if kind == "wait":
                kept.now += key * DAY
            elif kind == "report":
                kept.report(key, what)
            elif kind == "settle":
                gone = [one for one in kept.kept.values() if one not in listed_of(kept)]
                kept.settle(key, what)
                kept.kept |= {(one.key, one.event_id): one for one in gone}
            else:
                kept.erase(key)
            before = known.listed
            changed = set[int]() if kind == "wait" else {key}
            assert asyncio.run(known.read(changed)) == (known.listed != before)
            assert sorted(known.listed, key=_place) == listed_of(kept)


async def test_a_message_costs_no_look_at_the_reports_of_others(kept: Kept) -> None:
    """Of the whole term all are read at the start."""
    for number in range(600):
        kept.now += DAY // 10
        kept.report(number, "a", "closed" if number % 2 else "open")
    known = Reports(kept)  # type: ignore[arg-type]  # what it needs of a store
    assert await known.read(ALL)
    kept.read = 0
    assert not await known.read({1_000})
    assert kept.read == 1
    kept.settle(598, "answered")
    assert await known.read({598})
    assert [one.state for one in known.listed[-2:]] == ["answered", "closed"]
    assert kept.read == 3


async def test_a_clock_that_was_ahead_hides_no_later_report(kept: Kept) -> None:
    """A report of a server whose clock was wrong is the newest for a while."""
    known = Reports(kept)  # type: ignore[arg-type]  # what it needs of a store
    kept.now += DAY
    kept.report(1, "a")
    kept.now -= DAY
    await known.read({1})
    kept.report(2, "a")
    assert await known.read({2})
    assert {one.key for one in known.listed} == {1, 2}
