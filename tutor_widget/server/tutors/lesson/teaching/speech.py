"""What is said of a lesson and of a learner's place in it, in the learner's language. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ..blocks import apart, joined
from ..judge import LETTERS
from ..phrases import Phrases, phrases_in
from ..steps import Lesson, Step
from .place import Place

__all__ = ["Speech", "asked"]

_MOST_CHIPS: Final = 11
"""Suggestions before the last one: the widget shows twelve."""
_MOST_STEPS: Final = 6
"""Steps that are suggested at the end."""


class Speech:
    """Makes sentences. ``lang`` is the language of the learner's interface.

    ``has_voice``: a model speaks too, so the tutor does not introduce itself as a mere program.
    """

    def __init__(self, lang: str | None, *, has_voice: bool = False) -> None:
        self._lang = lang
        self._greeting = "greeting_ai" if has_voice else "greeting"
        self._phrases: Phrases = phrases_in(lang)

    def say(self, key: str, **values: object) -> str:
        return self._phrases.say(key, **values)

    def greeting(self) -> str:
        return self.say(self._greeting)

    def chat(self, key: str, turn: int) -> str:
        return self._phrases.chat(key, turn)

    def spoken(self, lesson: Lesson) -> Lesson:
        return lesson.spoken(self._lang)

    def step(self, place: Place) -> Step:
        return self.spoken(place.lesson).steps[place.number - 1]

    # --- questions --------------------------------------------------------------------------------

    def title(self, lesson: Lesson) -> str:
        """The head of a lesson, and what it is about."""
        spoken = self.spoken(lesson)
        return joined(f"## {spoken.title}", spoken.about)

    def question(self, place: Place) -> str:
        """The question with its place, as it is asked first."""
        step = self.step(place)
        check = self.say("check") if step.unassisted else ""
        return joined(self.say("place", step=place.number, of=place.of), check, asked(step))

    def back(self, place: Place) -> str:
        """The question in one line; in full if its last line says too little."""
        question = self.step(place).question
        back = self.say("back_to", step=place.number, of=place.of)
        last = question.rstrip().splitlines()[-1]
        return joined(back, last if "`" not in last[:3] else question)

    def hint(self, place: Place, number: int) -> str:
        """A hint of the step, from 1."""
        hints = self.step(place).hints
        hint = apart(hints[number - 1])
        return self.say("hint", number=number, of=len(hints), hint=hint)

    def answer(self, step: Step) -> str:
        """The answer that is told after the last hint, and why."""
        is_plain = not step.choices and "`" not in step.solution
        solution = f"`{step.solution}`" if is_plain else step.solution
        return joined(self.say("answer", answer=solution), step.explanation)

    # --- the end, and the list of lessons ---------------------------------------------------------

    def end(self, place: Place) -> str:
        """Said when the last step was passed, at first or once more."""
        key = "end"
        if place.is_retried:
            key = "so_far" if place.untried else "all_done"
        score = self.say(key, score=place.score, of=place.of)
        return joined(score, self.after_the_end(place))

    def after_the_end(self, place: Place) -> str:
        """What can be done now."""
        chips = (self._phrases.chip("step", number=number) for number in place.untried)
        steps = ", ".join(f"**{chip}**" for chip in chips)
        missed = self.say("missed", steps=steps) if steps else ""
        return joined(missed, self.say("end_next"))

    def contents(self, lessons: Iterable[Lesson]) -> str:
        """The list of lessons to choose from."""
        lines = [
            f"{number}. **{lesson.title}** ({len(lesson.steps)}). {lesson.about}"
            for number, lesson in enumerate(map(self.spoken, lessons), 1)
        ]
        return joined(self.say("contents"), "\n".join(lines), self.say("choose"))

    # --- suggestions ------------------------------------------------------------------------------

    def lesson_chips(self, count: int) -> list[str]:
        """While a lesson is to be chosen."""
        numbers = range(1, min(count, _MOST_CHIPS) + 1)
        lessons = [self._phrases.chip("lesson", number=number) for number in numbers]
        return [*lessons, self._phrases.chip("back")]

    def chips(self, place: Place) -> list[str]:
        """At a step, or at the end of the lesson."""
        chip = self._phrases.chip
        if place.done:
            missed = [chip("step", number=number) for number in place.untried[:_MOST_STEPS]]
            return [*missed, chip("again"), chip("lessons")]
        step = self.step(place)
        names = ["hint", "explain", "example", "skip"]
        if step.unassisted:
            names = []
        elif not step.example:
            names.remove("example")
        return [*step.chips, *map(chip, names)]


def asked(step: Step) -> str:
    """The question with its choices."""
    choices = [f"{letter}) {text}" for letter, text in zip(LETTERS, step.choices, strict=False)]
    is_block = any(apart(text) != text for text in step.choices)
    # Two spaces at the end of a line make a line break in Markdown.
    return joined(step.question, ("\n\n" if is_block else "  \n").join(choices))
