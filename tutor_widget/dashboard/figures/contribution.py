"""What one learner adds to the figures of a step: by family, small numbers that are summed. Pure.

A learner with several conversations counts once: what happened is added up, and of outcomes the
first one counts.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from tutor_widget.server.tutors.lesson.teaching.kept import MOST

from .conversation import Conversation
from .facts import Outcome, StepFacts, StepId

__all__ = [
    "EFFORT",
    "HERE",
    "MINUTE",
    "MINUTES",
    "OUTCOMES",
    "RESULT",
    "TIME",
    "Contribution",
    "contribution",
    "error_family",
    "is_sound",
    "wrong_family",
]

Contribution = dict[str, tuple[int, ...]]
"""By family. A family to which the learner adds nothing is not there."""

HERE: Final = "here"
"""Is asked this step now, and has written lately: when the learner came to it, in minutes since
1970. A finer time would tell more of each, and is not shown."""
RESULT: Final = "result"
"""How it went: a 1 at the place of the outcome in `OUTCOMES`."""
EFFORT: Final = "effort"
"""Numbers of answers, of wrong ones, of hints, of talk, of answers that failed."""
TIME: Final = "time"
"""How long it took to solve: a 1 at the place in `MINUTES`."""

MINUTE: Final = 60_000
"""In ms."""
OUTCOMES: Final[tuple[Outcome, ...]] = ("first", "later", "helped", "missed", "open")
MINUTES: Final = (1, 3, 10, 30)
"""Upper limits of the times, in minutes; the last time has none."""


_SIZES: Final = {HERE: 1, RESULT: len(OUTCOMES), EFFORT: 5, TIME: len(MINUTES) + 1}
"""Numbers that a learner contributes, by family."""


def is_sound(family: str, value: Sequence[int]) -> bool:
    """Whether this can be the number of learners, and the sums of what they contribute."""
    learners, *sums = value
    if len(sums) != _SIZES[family]:
        return False
    if family == HERE:
        return sums[0] > learners  # nobody came in the first minute of 1970
    return family == EFFORT or sum(sums) == learners


def wrong_family(form: str) -> str:
    """Who gave a wrong answer of this form: 1."""
    return f"wrong {form}"


def error_family(name: str) -> str:
    """Who attached an error of this name: 1."""
    return f"error {name}"


def contribution(
    step: StepId,
    conversations: Iterable[Conversation],
    form: Callable[[StepId, str], str],
    since: int,
) -> Contribution:
    """What the learner of these conversations, the oldest first, adds to the figures of the step.

    ``form`` returns the form of a wrong answer, or "". Who has written nothing ``since``
    then (Unix ms) is not there now.
    """
    parts = [one for one in conversations if step in one.steps or any(one.standing.says(step))]
    facts = [one.steps[step] for one in parts if step in one.steps]
    found: Contribution = {}
    here = [one for one in parts if one.standing.here == step and one.active > since]
    if here:
        found[HERE] = (max(one.arrived for one in here) // MINUTE,)
    if parts:
        found[RESULT] = _one_hot(OUTCOMES.index(_outcome(step, parts)), len(OUTCOMES))
    if any(effort := _effort(facts)):
        found[EFFORT] = effort
    if (minutes := _minutes(facts)) is not None:
        found[TIME] = _one_hot(bisect_right(MINUTES, minutes), len(MINUTES) + 1)
    forms = (form(step, text) for one in facts for text in one.wrong_texts)
    found |= {wrong_family(wrong): (1,) for wrong in forms if wrong}
    return found | {error_family(name): (1,) for one in facts for name in one.errors}


def _outcome(step: StepId, parts: Sequence[Conversation]) -> Outcome:
    """The first one that is not open."""
    outcomes = (_outcome_in(step, one) for one in parts)
    return next((outcome for outcome in outcomes if outcome != "open"), "open")


def _outcome_in(step: StepId, conversation: Conversation) -> Outcome:
    _, is_missed, is_solved = conversation.standing.says(step)
    facts = conversation.steps.get(step) or StepFacts(0)
    return facts.outcome(is_missed, is_solved)


def _effort(facts: Sequence[StepFacts]) -> tuple[int, ...]:
    sums = (
        sum(one.answers for one in facts),
        sum(one.wrong for one in facts),
        sum(one.hints for one in facts),
        sum(one.talk for one in facts),
        sum(one.failed for one in facts),
    )
    return tuple(min(number, MOST) for number in sums)


def _minutes(facts: Iterable[StepFacts]) -> float | None:
    times = (one.solved - one.began for one in facts if one.solved is not None)
    ms = next(times, None)
    return None if ms is None else max(0, ms) / MINUTE


def _one_hot(place: int, size: int) -> tuple[int, ...]:
    return tuple(int(n == place) for n in range(size))
