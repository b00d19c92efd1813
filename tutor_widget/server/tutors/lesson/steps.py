"""What a lesson is: its steps, each with its question, its right answers and what helps. Pure."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from .judge import LETTERS, Verdict, is_foreseen, judge_choice, judge_number, judge_text
from .normal import clean, tidy, words

__all__ = ["DIGEST", "Lesson", "Mistake", "Step"]

DIGEST: Final = 8
"""Characters of a question's digest."""
_MOST_CHIP: Final = 60
"""Characters of a suggestion."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """Wrong answers, and what to say to them."""

    answers: tuple[str, ...]
    say: str


@dataclass(frozen=True, slots=True)
class Step:
    """One question of a lesson."""

    question: str
    hints: tuple[str, ...]
    explanation: str
    answers: tuple[str, ...] = ()
    case: bool = False
    cases: tuple[Mapping[str, Any], ...] = field(default=(), hash=False)
    number: float | None = None
    tolerance: float = 0
    percent: bool = False
    choices: tuple[str, ...] = ()
    correct: str = ""
    also: str = ""
    example: str = ""
    mistakes: tuple[Mistake, ...] = ()
    unassisted: bool = False
    concept: str = ""

    def judge(self, text: str) -> Verdict:
        """What a cleaned message (`normal.clean`) says about the question."""
        if self.number is not None:
            verdict = judge_number(
                text, self.number, self.tolerance, percent=self.percent, question=self.question
            )
            is_mistake = verdict is Verdict.NONE and self.mistake(text) is not None
            return Verdict.WRONG if is_mistake else verdict
        if self.choices:
            return judge_choice(text, self.choices, self.correct, question=self.question)
        refused = [answer for mistake in self.mistakes for answer in mistake.answers]
        if self._is_one_of(text, refused) and not self._is_one_of(text, self.answers):
            return Verdict.WRONG
        return judge_text(
            text, self.answers, case=self.case, question=self.question, cases=self.cases
        )

    def is_right(self, given: str) -> bool:
        """Whether the learner's text is, or holds, a right answer."""
        return self.judge(clean(given)) is Verdict.RIGHT

    def is_exactly(self, text: str) -> bool:
        """Whether a cleaned message is a right answer and nothing else."""
        if self.number is not None or self.choices:
            return len(words(text)) <= 1 and self.judge(text) is Verdict.RIGHT
        return self._is_one_of(text, self.answers)

    def _is_one_of(self, text: str, answers: Iterable[str]) -> bool:
        given = tidy(text)
        forms = (tidy(clean(answer)) for answer in answers)
        return any(
            given == f or (not self.case and given.casefold() == f.casefold()) for f in forms
        )

    def mistake(self, text: str) -> Mistake | None:
        """The author's entry for this wrong answer, if there is one."""
        found = (m for m in self.mistakes if self._is_mistake(text, m))
        return next(found, None) or next((m for m in self.mistakes if self._is_like(text, m)), None)

    def _is_like(self, text: str, mistake: Mistake) -> bool:
        """Whether an answer in words or code is one of the entry, as it may be written."""
        is_text = self.number is None and not self.choices
        answers, question = mistake.answers, self.question
        return is_text and is_foreseen(text, answers, question, case=self.case)

    def _is_mistake(self, text: str, mistake: Mistake) -> bool:
        if self.number is not None:
            found = (_number(answer) for answer in mistake.answers)
            rights = (n for n in found if n is not None)
            in_words = [answer for answer in mistake.answers if _number(answer) is None]
            return judge_text(text, in_words, question=self.question) is Verdict.RIGHT or any(
                judge_number(text, n, self.tolerance, percent=self.percent) is Verdict.RIGHT
                for n in rights
            )
        if self.choices:
            letters = [answer for answer in mistake.answers if answer in tuple(LETTERS)]
            return any(
                judge_choice(text, self.choices, letter, question=self.question) is Verdict.RIGHT
                for letter in letters
            )
        verdict = judge_text(text, mistake.answers, case=self.case, question=self.question)
        return verdict is Verdict.RIGHT

    @property
    def chips(self) -> list[str]:
        """The choices as suggestions: a click sends this text."""
        pairs = zip(LETTERS, self.choices, strict=False)
        return [f"{letter}) {text}".replace("\n", " ")[:_MOST_CHIP] for letter, text in pairs]

    def chosen(self, text: str) -> str:
        """The letter of the suggestion that a cleaned message is, whatever its words say; or ""."""
        given = tidy(text)
        return next((chip[0] for chip in self.chips if tidy(clean(chip)) == given), "")

    @property
    def solution(self) -> str:
        """The right answer, as shown after the last hint."""
        if self.number is not None:
            return str(self.number).removesuffix(".0")
        if self.choices:
            return f"{self.correct}) {self.choices[LETTERS.index(self.correct)]}"
        return self.answers[0]


@dataclass(frozen=True, slots=True)
class Lesson:
    """A lesson. ``name`` is its file's name without the suffix."""

    name: str
    title: str
    about: str
    steps: tuple[Step, ...]
    glossary: Mapping[str, str] = field(default_factory=dict)
    translations: Mapping[str, Lesson] = field(default_factory=dict)
    """By language (BCP 47, its first part)."""
    digests: tuple[str, ...] = field(init=False)
    """What each step is known by when the lesson has changed: its question."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "digests", tuple(_digests(self.steps)))

    def spoken(self, lang: str | None) -> Lesson:
        """The lesson in this language, or as it is."""
        return self.translations.get((lang or "").split("-")[0].lower(), self)


def _digests(steps: Iterable[Step]) -> Iterator[str]:
    """Digests of the questions; of one that was asked before, with its answer and how often."""
    asked = Counter[str]()
    for step in steps:
        question = " ".join(step.question.split())
        count = asked[question]
        asked[question] += 1
        text = repr((question, step.choices, step.solution, count)) if count else question
        yield hashlib.sha256(text.encode()).hexdigest()[:DIGEST]


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
