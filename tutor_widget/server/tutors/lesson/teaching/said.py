"""What is said to a message, and which part of it a model may say in other words. Pure.

The engine decides everything: what a message is, whether an answer is right, which hint is due,
what comes next. With a model the tutor has a voice besides, and the rule is:

    the model speaks    where words help and nothing is decided: the hint or the mistake behind
                        "Not quite.", talk, an explanation, an attached error or cell
    the engine speaks   what a learner must be able to rely on: right or wrong, the question, the
                        answer after the last hint, what a word of the glossary means, a hint or an
                        example that was asked for, as its author wrote it; and courtesies, which
                        need no model
    nobody helps        at a check, and at the end while a step is not solved: there the engine
                        speaks alone, because a model could tell what is still asked

Without a model, or where it fails, the engine says its own words for all parts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from ..blocks import joined
from ..steps import Step

__all__ = ["Brief", "Finding", "Said"]

Finding = Literal["wrong", "talk", "explain", "error", "cell"]
"""What a message was found to be, where a model may speak."""


@dataclass(frozen=True, slots=True)
class Brief:
    """What a model is told of the step.

    There is no field for the right answer, for its explanation or for later hints: what a model
    does not know, nobody can talk out of it.
    """

    lesson: str
    """The lesson's title."""
    about: str = ""
    """What the lesson is about."""
    question: str = ""
    """With its choices; "" at the end of the lesson."""
    hints: tuple[str, ...] = ()
    """Up to the one that is due, the vaguest first."""
    finding: Finding = "talk"
    mistake: str = ""
    """What the author says to the wrong answer that the learner has just given."""
    mistakes: tuple[str, ...] = ()
    """What the author says to the usual wrong answers; none gives the right one away."""


@dataclass(frozen=True, slots=True)
class Said:
    """A reply: ``before``, ``voiced`` and ``after`` are blocks of Markdown, "" for none.

    A model may speak in the place of ``voiced``; without one, all three are said. If ``voiced`` is
    "", a model has nothing to say.
    """

    before: str = ""
    voiced: str = ""
    after: str = ""
    finding: Finding = "talk"
    again: str = ""
    """Said before all, if the engine would say the same as in its last reply."""
    hint: str = ""
    """The hint that is due, as it is said."""
    brief: Brief | None = None
    """What a model is told; there if one may speak."""
    step: Step | None = None
    """The step whose answer must not be told; None at the end of the lesson."""
    translations: tuple[Step, ...] = ()
    """The same step in other languages."""
    glossary: tuple[str, ...] = ()
    """What the author says of words, which may be told."""

    @property
    def text(self) -> str:
        """The reply without a model."""
        return joined(self.again, self.before, self.voiced, self.after)

    def under(self, *texts: str) -> Said:
        """The reply with these texts before it."""
        return replace(self, before=joined(*texts, self.before))
