"""When a family may be published anew, with plain sets of learners."""

from __future__ import annotations

import random

import pytest

from tutor_widget.dashboard.figures.ledger import ABSENT, LEAST, Ledger, Unreadable


def ids(letters: str) -> dict[str, str]:
    """Learners, each with a contribution; a capital letter is another one of the same learner."""
    return {letter.lower() * 8: letter * 4 for letter in letters}


def publish(ledger: Ledger, letters: str) -> bool:
    """Whether the ledger takes it for a new value."""
    current = ids(letters)
    learners = current.keys() | ledger.standing.keys()
    different = {id_ for id_ in learners if ledger.differs(id_, current.get(id_, ABSENT))}
    return ledger.next(current, different, (len(current),))


def test_four_learners_are_no_figure() -> None:
    """Five are."""
    ledger = Ledger()
    assert not publish(ledger, "abcd")
    assert ledger.shown is None
    assert publish(ledger, "abcde")
    assert ledger.shown == (5,)


def test_four_more_change_nothing() -> None:
    """The value that stands is of those before; with a fifth it is of all."""
    ledger = Ledger()
    publish(ledger, "abcde")
    assert not publish(ledger, "abcdefghi")
    assert ledger.shown == (5,)
    assert publish(ledger, "abcdefghij")
    assert ledger.shown == (10,)


def test_a_changed_contribution_is_a_difference() -> None:
    """As one that has come or gone."""
    ledger = Ledger()
    publish(ledger, "abcdefgh")
    assert not publish(ledger, "ABCdefg")
    assert publish(ledger, "ABCdefgi")


def test_a_value_is_compared_with_all_before_it() -> None:
    """Else who has seen the first and the third would know what one learner did."""
    ledger = Ledger()
    publish(ledger, "abcdef")
    publish(ledger, "abcdefghijk")
    assert not publish(ledger, "abcdeg")  # far from the second, near the first
    assert ledger.shown == (11,)
    assert publish(ledger, "abcdef")  # the first one again tells nothing new
    assert ledger.shown == (6,)


def test_falling_below_hides_by_the_same_rule() -> None:
    """Seven to three could be told apart from seven to two."""
    ledger = Ledger()
    publish(ledger, "abcdefg")
    assert not publish(ledger, "abc")
    assert ledger.shown == (7,)
    assert publish(ledger, "ab")
    assert ledger.shown is None
    assert not publish(ledger, "abcdefh")  # two differ from what was shown last
    assert ledger.shown is None
    assert publish(ledger, "abhijkl")
    assert ledger.shown == (7,)


def test_what_is_kept_is_read_again() -> None:
    """With all that was published before, so that a restart compares with it."""
    ledger = Ledger()
    for letters in ("abcdef", "abcdefghijk", "Abcdef"):
        publish(ledger, letters)
        ledger = Ledger.read(ledger.kept())
    assert ledger.shown == (11,)
    assert not publish(ledger, "abcdeg")


@pytest.mark.parametrize(
    "kept", [None, [], {}, {"shown": 1, "log": []}, {"shown": None, "log": [7]},
             {"shown": [-1], "log": []}, {"shown": ["x"], "log": []}, {"shown": None, "log": ["a"]}]
)  # fmt: skip
def test_what_is_no_ledger_is_unreadable(kept: object) -> None:
    """And no empty one, which would forget what was published."""
    with pytest.raises(Unreadable):
        Ledger.read(kept)


@pytest.mark.parametrize("seed", range(30))
def test_any_two_values_differ_by_none_or_many(seed: int) -> None:
    """Learners come, change, change back and go."""
    chance = random.Random(seed)
    ledger, published, current = Ledger(), list[dict[str, str]](), dict[str, str]()
    for _ in range(400):
        id_ = f"{chance.randrange(12):08}"
        current[id_] = f"{chance.randrange(3):04}"
        if current[id_] == "0000":
            del current[id_]
        learners = current.keys() | ledger.standing.keys()
        different = {i for i in learners if ledger.differs(i, current.get(i, ABSENT))}
        if ledger.next(current, different, (len(current),)) and ledger.shown:
            published.append(dict(current))
    assert len(published) > 5
    assert all(len(one) >= LEAST for one in published)
    counts = {len({id_ for id_, _ in a.items() ^ b.items()}) for a in published for b in published}
    assert counts.isdisjoint(range(1, LEAST))
