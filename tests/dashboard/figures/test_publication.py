"""Nobody is singled out by the figures of a class, whatever is compared with whatever."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import pytest

from tests.support.observer import Observer
from tutor_widget.dashboard.figures import cell as cells
from tutor_widget.dashboard.figures import ledger as ledgers
from tutor_widget.dashboard.figures.cell import Cell
from tutor_widget.dashboard.figures.ledger import Ledger, Value

EVENTS = 500
SEEDS = [*range(2), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 12))]


@pytest.mark.parametrize("seed", SEEDS)
def test_no_two_figures_isolate_fewer_than_five(seed: int) -> None:
    """All pages of all groups after every event, and across restarts of the dashboard.

    The difference of any two stems from none or at least five learners, by the truth."""
    observer = Observer(seed)
    observer.watch(EVENTS)
    assert observer.faults == []
    assert observer.values > 50
    assert observer.isolating() is None


@pytest.mark.parametrize("seed", SEEDS)
def test_two_dashboards_tell_no_more_than_one(seed: int) -> None:
    """Each reads the class as late as it likes, and publishes what it has seen."""
    observer = Observer(seed, 2, late=True)
    observer.watch(EVENTS)
    assert observer.faults == []
    assert observer.values > 20
    assert observer.isolating() is None


def every_change(patch: pytest.MonkeyPatch) -> None:
    """Publishes all of five learners at once, whatever was published before."""
    patch.setattr(Ledger, "is_due", lambda *_: True)
    patch.setattr(Ledger, "_is_apart", lambda *_: True)


def last_only(patch: pytest.MonkeyPatch) -> None:
    """Compares with the value that was published last."""
    all_: Callable[..., Iterator[int]] = Ledger._differences

    def first(ledger: Ledger, current: Mapping[str, str], changed: list[str]) -> Iterator[int]:
        return iter([next(all_(ledger, current, changed), 0)])

    patch.setattr(Ledger, "_differences", first)


def any_number(patch: pytest.MonkeyPatch) -> None:
    """Publishes figures of a single learner, by steps of five."""
    patch.setattr(cells, "LEAST", 1)
    patch.setattr(
        Ledger,
        "is_due",
        lambda ledger, count, different: different >= (1 if ledger.shown is None else 5),
    )
    patch.setattr(ledgers, "LEAST", 1)


def own_sums(patch: pytest.MonkeyPatch) -> None:
    """Shows what is true now in place of what was published."""

    def shown(cell: Cell, name: str) -> Value | None:
        family = cell._families.get(cell._stored.get(name, name))
        return family.value if family and len(family.current) >= 5 else None

    patch.setattr(Cell, "shown", shown)


def forgetful(patch: pytest.MonkeyPatch) -> None:
    """Keeps in the store what is shown, and not what was shown before."""
    kept = Ledger.kept

    def newest(ledger: Ledger) -> dict[str, object]:
        return kept(ledger) | {"log": ["".join(i + d for i, d in ledger.standing.items())]}

    patch.setattr(Ledger, "kept", newest)


@pytest.mark.parametrize("rule", [every_change, last_only, any_number, own_sums, forgetful])
def test_the_observer_sees_a_rule_that_is_too_weak(
    rule: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that its silence about the real one says something."""
    rule(monkeypatch)
    seen = (observer.faults or observer.isolating() for observer in watching(12))
    assert any(seen)


def watching(seeds: int) -> Iterator[Observer]:
    """Observers of so many classes, each looked at now and again."""
    for seed in range(seeds):
        observer = Observer(seed)
        for _ in range(EVENTS // 50):
            observer.watch(50)
            yield observer
