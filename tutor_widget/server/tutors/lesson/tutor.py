"""The lesson tutor: asks questions, judges answers, gives hints. No network and no AI.

All it keeps of a learner is the session's state:

    title, step, of, score, attempts, suggestions   what the widget shows
    lesson, hints, done                             the lesson, the hints given, whether it is done
    places                                          the place in each lesson that was left midway
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any, Final

from tutor_widget.server.tutors import Turn
from tutor_widget.server.tutors.pace import at_pace

from .catalogue import BUILT_IN, Lesson, Step, load_lessons
from .errors import BUILT_IN as ERRORS
from .errors import explain, load_entries
from .judge import LETTERS, plain

__all__ = ["LessonTutor"]

State = dict[str, Any]
_WHO: Final = (
    "I am a lesson program, not an AI: I ask questions and compare your answers with what my "
    "lesson's author wrote down. Say **hint**, **skip**, **again** or **lessons** at any time."
)
_UNKNOWN: Final = (
    "I do not know this error: nothing about `{name}` with this message is in my table, and I will "
    "not guess. What you can do:\n\n"
    "- Read its last line, which says what Python could not do, and look at the line of *your* "
    "code that it names.\n"
    "- Print the values in that line just before it.\n"
    "- Ask your teacher, or look for the last line on the web, without your own names in it."
)
_ABOUT_CELL: Final = (
    "You shared {lines} of code. I cannot read or run code: I only compare answers with my lesson. "
    "If it stops with an error, attach that error and I will say what I know of it."
)
_COMMANDS: Final = {
    "hint": {"hint", "a hint", "give me a hint", "next hint", "another hint", "i don't know",
             "i dont know", "no idea"},
    "skip": {"skip", "next", "skip this", "skip it"},
    "again": {"again", "repeat", "repeat the question", "ask again"},
    "lessons": {"lessons", "lesson", "list lessons", "other lessons", "all lessons"},
    "help": {"help", "who are you", "what are you", "are you an ai", "hello", "hi"},
}  # fmt: skip
_PLACE: Final = ("step", "score", "attempts", "hints", "done")


class LessonTutor:
    """Teaches the lessons of a folder, by default the built-in ones, and explains errors.

    ``errors`` is a file of explanations, which take precedence over the built-in ones. ``pace`` is
    in characters a second; 0: all at once. Raises BadSetting for a mistake in a lesson or an
    explanation; its text names file, step or entry, and key.
    """

    def __init__(
        self,
        lessons: Path | str | None = None,
        pace: float = 60,
        errors: Path | str | None = None,
    ) -> None:
        self._lessons = load_lessons(Path(lessons) if lessons else BUILT_IN)
        self._errors = (*(load_entries(Path(errors)) if errors else ()), *load_entries(ERRORS))
        self._pace = pace

    async def greeting(self, state: State) -> str:
        """Introduces itself and asks the first question of the first lesson."""
        lesson = next(iter(self._lessons.values()))
        return f"Hello! {_WHO}\n\n{self._begin(state, lesson)}"

    async def reply(self, turn: Turn) -> AsyncIterator[str]:
        """Explains what is attached, judges the answer, or obeys the command."""
        async for word in at_pace(self._answer(turn), self._pace):
            yield word

    def _answer(self, turn: Turn) -> str:
        state = turn.state
        about = self._about(turn.context)
        lesson = self._lessons.get(state.get("lesson", ""))
        if lesson is None or state.get("of") != len(lesson.steps):
            # The session belongs to another tutor, or the lesson has changed.
            state.clear()
            begun = self._begin(state, lesson or next(iter(self._lessons.values())))
            return f"{about or _WHO}\n\n{begun}"
        step = lesson.steps[state["step"] - 1]
        state["suggestions"] = ["Again", "Lessons"] if state["done"] else _offers(step)
        if not about:
            return self._judge(turn.message, state, lesson, step)
        if state["done"]:
            return about
        if "error" not in turn.context and step.is_right(turn.message):
            return f"{about}\n\n{self._right(state, lesson, step)}"
        # The message is about the learner's own code. It counts as no answer, right or wrong.
        return f"{about}\n\n{_back(state, step)}"

    def _about(self, context: Mapping[str, Any]) -> str:
        """The explanation of what the learner attached, or "" if nothing is attached."""
        if error := context.get("error"):
            known = explain(self._errors, error["name"], error["message"], error["traceback"])
            title = f"### {error['name']}"
            return f"{title}\n\n{known}" if known else _UNKNOWN.format(name=error["name"])
        if cell := context.get("cell"):
            n = len(cell.splitlines())
            return _ABOUT_CELL.format(lines="one line" if n == 1 else f"{n} lines")
        return ""

    def _judge(self, message: str, state: State, lesson: Lesson, step: Step) -> str:
        # A right answer counts, even if it is also a command.
        if not state["done"] and step.is_right(message):
            return self._right(state, lesson, step)
        request = plain(message)
        if (requested := self._named(request, state)) is not None:
            return self._begin(state, requested)
        if (command := _command(request)) is not None:
            return self._obey(command, state, lesson, step)
        if state["done"]:
            return "This lesson is finished. Say **again** to repeat it, or **lessons** for others."
        if _is_question(message):
            return f"{_WHO}\n\nSo I cannot answer questions of yours; mine was:\n\n{_ask(step)}"
        return self._wrong(state, lesson, step)

    # --- the outcomes of one step -----------------------------------------------------------------

    def _right(self, state: State, lesson: Lesson, step: Step) -> str:
        state["score"] += 1
        praise = ("Right!", "Correct.", "Yes, exactly.")[state["step"] % 3]
        return f"{praise} {step.explanation}\n\n{self._advance(state, lesson)}"

    def _wrong(self, state: State, lesson: Lesson, step: Step) -> str:
        state["attempts"] += 1
        return self._hint(state, lesson, step, "Not quite. ")

    def _hint(self, state: State, lesson: Lesson, step: Step, opening: str = "") -> str:
        """The next hint, or the answer after the last one."""
        if state["hints"] < len(step.hints):
            hint = step.hints[state["hints"]]
            state["hints"] += 1
            return f"{opening}{hint}\n\nTry again, or say **hint** for more."
        answer = f"The answer is: {_code(step)}"
        return f"{opening}{answer}\n\n{step.explanation}\n\n{self._advance(state, lesson)}"

    def _obey(self, command: str, state: State, lesson: Lesson, step: Step) -> str:
        if command == "lessons":
            return self._contents(state)
        if command == "help":
            return _WHO if state["done"] else f"{_WHO}\n\n{_ask(step)}"
        if state["done"]:
            if command != "again":
                return "There is no question left. Say **again** to repeat, or **lessons**."
            _restart(state)
            return self._question(state, lesson)
        match command:
            case "hint":
                return self._hint(state, lesson, step)
            case "skip":
                return f"Skipped.\n\n{self._advance(state, lesson)}"
            case _:
                return self._question(state, lesson)

    # --- from step to step ------------------------------------------------------------------------

    def _begin(self, state: State, lesson: Lesson) -> str:
        """Open a lesson, at the place where the learner left it."""
        places = state.get("places", {})
        if "lesson" in state:
            places[state["lesson"]] = {key: state[key] for key in _PLACE}
        place = places.pop(lesson.name, None)
        state.clear()
        state |= {"title": lesson.title, "of": len(lesson.steps), "lesson": lesson.name}
        state["places"] = places
        _restart(state)
        if place is not None and place["step"] <= len(lesson.steps) and not place["done"]:
            state |= place
        about = f"\n\n{lesson.about}" if lesson.about else ""
        return f"## {lesson.title}{about}\n\n{self._question(state, lesson)}"

    def _advance(self, state: State, lesson: Lesson) -> str:
        if state["step"] == len(lesson.steps):
            state |= {"done": True, "suggestions": ["Again", "Lessons"]}
            score = f"**{state['score']} of {len(lesson.steps)}**"
            return (
                f"That was the last step. You solved {score}. "
                "Say **again** to repeat the lesson, or **lessons** for others."
            )
        state |= {"step": state["step"] + 1, "attempts": 0, "hints": 0}
        return self._question(state, lesson)

    def _question(self, state: State, lesson: Lesson) -> str:
        step = lesson.steps[state["step"] - 1]
        state["suggestions"] = _offers(step)
        return f"**{state['step']} of {len(lesson.steps)}**\n\n{_ask(step)}"

    def _contents(self, state: State) -> str:
        state["suggestions"] = [f"Lesson {number + 1}" for number in range(len(self._lessons))]
        lines = [
            f"{number}. **{lesson.title}** ({len(lesson.steps)} steps). {lesson.about}"
            for number, lesson in enumerate(self._lessons.values(), 1)
        ]
        return "\n".join(
            ["The lessons:", "", *lines, "", "Say **lesson 1**, or a title, to go to it."]
        )

    def _named(self, request: str, state: State) -> Lesson | None:
        """The lesson that the learner asks for by number or title, or None."""
        lessons = list(self._lessons.values())
        pattern = r"(?:lessons?\s*)?#?(\d{1,4})" if state["done"] else r"lessons?\s*#?(\d{1,4})"
        if (number := re.fullmatch(pattern, request)) is not None:
            place = int(number[1])
            return lessons[place - 1] if 1 <= place <= len(lessons) else None
        title = request.removeprefix("lesson ")
        return next((lesson for lesson in lessons if plain(lesson.title) == title), None)


def _back(state: State, step: Step) -> str:
    return f"---\n\nBack to the lesson, **{state['step']} of {state['of']}**:\n\n{_ask(step)}"


def _restart(state: State) -> None:
    state |= {"step": 1, "score": 0, "attempts": 0, "hints": 0, "done": False}


def _ask(step: Step) -> str:
    choices = [f"{letter}) {text}" for letter, text in zip(LETTERS, step.choices, strict=False)]
    # Two spaces at the end of a line make a line break in Markdown.
    return "\n\n".join(filter(None, (step.question, "  \n".join(choices))))


def _offers(step: Step) -> list[str]:
    return [*LETTERS[: len(step.choices)], "Hint", "Skip"]


def _is_question(message: str) -> bool:
    """Whether it is a question, and not a guess such as "is it 2?"."""
    return message.rstrip().endswith("?") and len(message.split()) > 4


def _code(step: Step) -> str:
    return step.solution if step.choices or "`" in step.solution else f"`{step.solution}`"


def _command(request: str) -> str | None:
    return next((name for name, forms in _COMMANDS.items() if request in forms), None)
