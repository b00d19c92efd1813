"""Random schedules of everything that people can do and faults that can occur, each from its seed.

`python3 dev.py simulate` runs as many of them as one likes.
"""

from __future__ import annotations

import shutil

import pytest

from simulator import mutants
from simulator.__main__ import Report
from simulator.endings import Coverage, rows
from simulator.mutations import MUTATIONS, Mutation
from simulator.schedule import Schedule
from simulator.world import World


@pytest.mark.parametrize("block", range(3))
def test_no_schedule_goes_wrong(block: int) -> None:
    """Each message is committed once, in order, and answered in the end; none is forgotten."""
    report = Report().run(range(block * 50, block * 50 + 50))
    assert not report.violations, "\n".join(report.violations.values())
    assert report.is_dense, report.medians


def test_a_schedule_is_repeated_by_its_seed() -> None:
    """The same seed gives the same trace, so that a violation can be examined."""

    def trace(seed: int) -> list[str]:
        schedule = Schedule(seed)
        schedule.run()
        return schedule.trace

    assert trace(3) == trace(3)


def test_what_comes_in_a_freeze_keeps_its_order() -> None:
    """Also where the freeze became longer between the first and the second."""
    world, seen = World(), list[str]()
    client = world.add("ada")
    client.freeze(1)
    client.when_awake(lambda: seen.append("first"))
    world.run(0.5)
    client.freeze(2)
    client.when_awake(lambda: seen.append("second"))
    world.run(1)
    assert seen == []
    world.run(2)
    assert seen == ["first", "second"]


def test_a_server_drops_a_client_of_which_nothing_arrives() -> None:
    """Though what the server sends arrives: it has sent pings, and heard no pong for 60 s."""
    world = World()
    ada, bob = world.join("ada"), world.join("bob")
    half = bob.connection
    assert half is not None
    half.go_silent(down=False)
    for number in range(9):
        assert bob.connection is half
        ada.type(f"words {number}")
        world.run(8)
    assert bob.connection is not half
    assert world.settle()


def test_what_was_never_met_is_named() -> None:
    """An empty run has met nothing, and says so."""
    assert len(Coverage().missing()) > len(list(rows())) > 80


def test_each_deliberate_fault_can_be_put_in_and_has_a_judge() -> None:
    """Its text is in its file exactly once, it changes that, and the tests it names are there."""
    assert not mutants.unfit()
    assert [m.breaks for m in MUTATIONS if m.old == m.new] == []
    judges = sorted({m.by for m in MUTATIONS} - mutants.SIMULATORS.keys())
    assert [by for by in judges if not is_test(by)] == []


def is_test(by: str) -> bool:
    """Whether it is a file of tests, or one function in such a file."""
    name, _, function = by.partition("::")
    path = mutants.ROOT / name
    return path.is_file() and (not function or f"def {function}(" in path.read_text("utf-8"))


def test_no_deliberate_fault_is_there_twice() -> None:
    """Each is counted once for what should notice it, under one name."""
    assert len({(m.file, m.old, m.new, m.by) for m in MUTATIONS}) == len(MUTATIONS)
    assert len({m.breaks for m in MUTATIONS}) == len(MUTATIONS)


KEYS = "export function staysInside("


@pytest.mark.skipif(
    shutil.which("node") is None or not (mutants.ROOT / "js" / "node_modules").exists(),
    reason="needs Node and the front end's packages",
)
@pytest.mark.parametrize(
    ("new", "noticed"),
    [
        (f"{KEYS}_: never): boolean {{ return false; }}\nfunction _unused(", True),
        (f"/* the same */ {KEYS}", False),
        (f"{KEYS}(", False),
        (f"throw new Error();\n{KEYS}", False),
    ],
    ids=["wrong", "harmless", "no TypeScript", "cannot be collected"],
)
def test_a_fault_of_the_page_counts_as_noticed_only_where_a_test_fails(
    new: str, noticed: bool
) -> None:
    """What cannot be compiled or collected has had no test fail: it proves nothing."""
    by = "js/test/view/keys.test.ts"
    outcome = mutants.attempt(Mutation("js/src/view/keys.ts", KEYS, new, "a test's own", by), 60)
    assert outcome.by == (by if noticed else "")
