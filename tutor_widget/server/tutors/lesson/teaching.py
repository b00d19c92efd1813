"""The lesson engine: what is said to a message, and what becomes of the learner's place. Pure.

All that is kept of a learner is the session's state:

    title, step, of, score, attempts, progress, suggestions   what the widget shows
    lesson, question, hints, done                             the lesson, the question's digest, …
    missed                                                    steps that were passed unsolved
    places                                                    the place in each lesson left midway
    shown, acted, helped, said                                see `Teaching`
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from .blocks import apart, joined
from .catalogue import Lesson, Step
from .judge import LETTERS
from .normal import clean, tidy, words
from .phrases import Phrases, phrases_in, vocabulary
from .reading import Reading, command_in, is_help_wanted, read_message

__all__ = ["Message", "Teaching"]

State = dict[str, Any]
_PLACE: Final = ("step", "score", "attempts", "hints", "done", "missed", "question", "progress")


@dataclass(frozen=True, slots=True)
class Message:
    """A learner's message: its text, what was attached, and the state that its author saw.

    ``about`` explains the attached error or cell, "" if nothing is attached. ``rev`` and
    ``state_rev``: see `Turn`.
    """

    text: str
    about: str = ""
    has_error: bool = False
    rev: int | None = None
    state_rev: int = 0


class Teaching:
    """One reply. It changes ``state``, and notes what it did in ``record``.

    ``shown`` in the state is the revision with which the present step was first shown, and
    ``acted`` the revision with which the last reply will be: a message of an earlier revision was
    written for an earlier step, or is a command said again before its answer came. ``helped``
    counts what was offered to talk at this step, and ``said`` tells the last reply, so that none is
    given twice in a row.
    """

    def __init__(
        self,
        lessons: Mapping[str, Lesson],
        state: State,
        record: dict[str, Any],
        lang: str | None,
        explain: Callable[[str, str], str],
    ) -> None:
        self._lessons = lessons
        self._state = state
        self._record = record
        self._lang = lang
        self._phrases: Phrases = phrases_in(lang)
        self._explain = explain

    # --- the whole reply --------------------------------------------------------------------------

    def greet(self) -> str:
        """The first message of a conversation."""
        lesson = next(iter(self._lessons.values()))
        return joined(self._say("greeting"), self._begin(lesson))

    def reply(self, message: Message) -> str:
        """The reply to a message."""
        state = self._state
        lesson = self._lessons.get(state.get("lesson", ""))
        if lesson is None or not _is_place(state):
            state.clear()
            first = lesson or next(iter(self._lessons.values()))
            return self._different(
                joined(message.about or self._say("greeting"), self._begin(first))
            )
        _complete(state, lesson)
        if notice := self._find_step(lesson):
            # The question that this message is about is gone.
            state["shown"] = message.state_rev + 1
            self._note(lesson, "talk")
            return self._different(joined(message.about, notice, self._question(lesson)))
        before = self._place()
        text = self._answer(message, lesson)
        if self._place() != before:
            state["shown"] = message.state_rev + 1
        return self._different(text)

    def _place(self) -> tuple[object, ...]:
        return tuple(self._state.get(key) for key in ("lesson", "step", "done"))

    def _different(self, text: str) -> str:
        """The reply, in other words than the last one."""
        digest = hashlib.sha256(text.encode()).hexdigest()[:8]
        if digest == self._state.get("said"):
            text = joined(self._say("once_more"), text)
            digest = hashlib.sha256(text.encode()).hexdigest()[:8]
        self._state["said"] = digest
        return text

    def _answer(self, message: Message, lesson: Lesson) -> str:
        state, step = self._state, self._step(lesson)
        is_old = message.rev is not None and message.rev < state.get("shown", 0)
        if message.about and (message.has_error or not step.is_right(message.text)):
            # The message is about the learner's own code. It counts as no answer, right or wrong.
            self._note(lesson, "talk")
            return joined(message.about, "" if state["done"] else self._back(step))
        about = message.about
        if not is_old and (requested := self._requested(message)) is not None:
            self._note(lesson, "command", command="lesson")
            return joined(about, self._begin(requested))
        if state["done"]:
            return joined(about, self._after_the_end("" if is_old else message.text, lesson))
        reading = read_message(message.text, step)
        if is_old and not is_help_wanted(reading):
            self._note(lesson, "talk")
            return joined(about, self._say("older_step"), self._asked(step))
        return joined(about, self._act(reading, message, lesson, step))

    def _act(self, reading: Reading, message: Message, lesson: Lesson, step: Step) -> str:
        self._state["suggestions"] = self._offers(step)
        match reading.kind:
            case "right":
                self._note(lesson, "answer", right=True)
                return self._right(lesson, step)
            case "wrong":
                self._note(lesson, "answer", right=False)
                return self._wrong(reading.text, lesson, step)
            case "two":
                self._note(lesson, "talk")
                return self._say("two_answers")
            case "command":
                self._note(lesson, "command", command=reading.command)
                return self._obey(reading.command, message, lesson, step)
            case _:
                self._note(lesson, "talk")
                return self._talk(reading, lesson, step)

    def _note(self, lesson: Lesson, kind: str, **more: object) -> None:
        state = self._state
        step = lesson.steps[state["step"] - 1]
        self._record |= {
            "lesson": lesson.name,
            "step": state["step"],
            "concept": step.concept,
            "kind": kind,
            "hints": state["hints"],
            "attempts": state["attempts"],
            "unassisted": step.unassisted,
        }
        self._record |= more

    # --- answers ----------------------------------------------------------------------------------

    def _right(self, lesson: Lesson, step: Step) -> str:
        state = self._state
        state["score"] += 1
        state["missed"] = [n for n in state["missed"] if n != state["step"]]
        return joined(self._say("right"), step.explanation, self._advance(lesson))

    def _wrong(self, text: str, lesson: Lesson, step: Step) -> str:
        self._state["attempts"] += 1
        opening = self._say("wrong")
        if step.unassisted:
            return joined(opening, self._miss(lesson))
        if (mistake := step.mistake(text)) is not None:
            return joined(opening, mistake.say, self._say("try_again"))
        return joined(opening, self._hint(lesson, step))

    def _hint(self, lesson: Lesson, step: Step) -> str:
        """The next hint, or the answer after the last one."""
        state = self._state
        if step.unassisted:
            return self._say("check")
        if state["hints"] < len(step.hints):
            hint = step.hints[state["hints"]]
            state["hints"] += 1
            return joined(
                self._say("hint", number=state["hints"], of=len(step.hints), hint=apart(hint)),
                self._say("try_again"),
            )
        answer = self._say("answer", answer=_code(step))
        return joined(answer, step.explanation, self._miss(lesson))

    def _miss(self, lesson: Lesson) -> str:
        state = self._state
        state["missed"] = sorted({*state["missed"], state["step"]})
        return self._advance(lesson)

    # --- commands ---------------------------------------------------------------------------------

    def _obey(self, command: str, message: Message, lesson: Lesson, step: Step) -> str:
        state = self._state
        acted = state.get("acted", {})
        if message.rev is not None and message.rev < acted.get(command, 0):
            return self._say("already")
        state["acted"] = acted | {command: message.state_rev + 1}
        match command:
            case "hint":
                return self._hint(lesson, step)
            case "skip":
                return joined(self._say("skipped"), self._miss(lesson))
            case "again" | "back":
                return self._question(lesson)
            case "lessons":
                return self._contents()
            case "example":
                return step.example or self._say("no_example")
            case "explain":
                return self._help(step)
            case _:
                return joined(self._say("greeting"), self._back(step))

    def _contents(self) -> str:
        state = self._state
        chip = self._phrases.chip
        state["suggestions"] = [chip("lesson", number=n) for n in range(1, len(self._lessons) + 1)]
        state["suggestions"].append(chip("back"))
        state["choosing"] = True
        lines = [
            f"{number}. **{lesson.title}** ({len(lesson.steps)}). {lesson.about}"
            for number, lesson in enumerate(map(self._spoken, self._lessons.values()), 1)
        ]
        return joined(self._say("contents"), "\n".join(lines), self._say("choose"))

    def _requested(self, message: Message) -> Lesson | None:
        """The lesson that the learner asks for by number or title, or None.

        A number alone is one only from a learner who saw the list of lessons.
        """
        lessons = list(self._lessons.values())
        listed = self._state.get("acted", {}).get("lessons", 0)
        has_seen = message.rev is None or message.rev >= listed
        plain = tidy(clean(message.text)).casefold().strip("'*_.!?,:;# ")
        is_choosing = has_seen and self._state.pop("choosing", False)
        for lesson in lessons:
            titles = {lesson.title, *(other.title for other in lesson.translations.values())}
            if plain.removeprefix("lesson ") in {tidy(clean(title)).casefold() for title in titles}:
                return lesson
        named = "".join(c for c in plain if c.isdecimal())
        if not 0 < len(named) <= 4:
            return None
        rest = " ".join(words(plain.replace(named, " ").replace("第", " ").strip("# ")))
        is_lesson = vocabulary().commands.get(rest) == "lessons"
        if is_lesson or (not rest and is_choosing):
            place = int(named)
            return lessons[place - 1] if 1 <= place <= len(lessons) else None
        return None

    def _after_the_end(self, text: str, lesson: Lesson) -> str:
        """The lesson is finished: go to a missed step, repeat it, or to another."""
        state = self._state
        state["suggestions"] = self._offers_at_the_end()
        plain = clean(text)
        numbers = [int(word) for word in words(plain) if word.isdecimal() and len(word) < 5]
        if numbers and numbers[0] in state["missed"]:
            self._note(lesson, "command", command="step")
            state |= {"step": numbers[0], "attempts": 0, "hints": 0, "helped": 0, "done": False}
            return self._question(lesson)
        command = command_in(plain)
        self._note(lesson, "command" if command else "talk", command=command)
        match command:
            case "again":
                self._restart(lesson)
                return self._question(lesson)
            case "lessons":
                return self._contents()
            case _:
                return joined(self._say("finished"), self._missed(), self._say("end_next"))

    # --- talk -------------------------------------------------------------------------------------

    def _talk(self, reading: Reading, lesson: Lesson, step: Step) -> str:
        """Talk costs nothing, and is never told the answer."""
        if reading.error is not None:
            return joined(self._explain(*reading.error), self._back(step))
        if (meaning := self._meaning(reading.text, lesson)) is not None:
            return joined(meaning, self._back(step))
        return self._help(step)

    def _meaning(self, text: str, lesson: Lesson) -> str | None:
        """What a word of the lesson means, if the learner asks for it."""
        glossary = self._spoken(lesson).glossary
        given = f" {' '.join(words(text))} "
        for word in sorted(glossary, key=len, reverse=True):
            if f" {word} " in given or f" {word}s " in given or (word >= "\u4e00" and word in text):
                return f"**{word}**: {glossary[word]}"
        return None

    def _help(self, step: Step) -> str:
        """The step in other words, an example, or plainly that this is all; in turns."""
        if step.unassisted:
            offers = [self._say("check"), self._say("not_now")]
        else:
            offers = [step.also, step.example, self._say("cannot_answer"), self._say("not_now")]
        offers = [offer for offer in offers if offer]
        turn = self._state.get("helped", 0)
        self._state["helped"] = turn + 1
        text = offers[turn % len(offers)]
        return text if text == step.also else joined(text, self._back(step))

    # --- from step to step ------------------------------------------------------------------------

    def _begin(self, lesson: Lesson) -> str:
        """Open a lesson, at the place where the learner left it."""
        state = self._state
        places = state.get("places", {})
        if "lesson" in state:
            places[state["lesson"]] = {key: state[key] for key in _PLACE if key in state}
        place = places.pop(lesson.name, None)
        kept = {key: state[key] for key in ("said", "acted", "shown") if key in state}
        state.clear()
        state |= kept | {"lesson": lesson.name, "places": places}
        self._restart(lesson)
        if place is not None and _is_place(place) and not place["done"]:
            _complete(place, lesson)
            state |= place
        notice = self._find_step(lesson)
        spoken = self._spoken(lesson)
        return joined(f"## {spoken.title}", spoken.about, notice, self._question(lesson))

    def _restart(self, lesson: Lesson) -> None:
        self._state |= {"step": 1, "score": 0, "attempts": 0, "hints": 0, "helped": 0}
        self._state |= {"done": False, "missed": [], "progress": 0, "question": lesson.digest(1)}

    def _find_step(self, lesson: Lesson) -> str:
        """Go on where the learner was, though the lesson's author may have changed it.

        Returns what is said if the question is gone.
        """
        state, count = self._state, len(lesson.steps)
        state |= {"title": self._spoken(lesson).title, "of": count}
        if state["step"] <= count and lesson.digest(state["step"]) == state["question"]:
            return ""
        places = [n for n in range(1, count + 1) if lesson.digest(n) == state["question"]]
        state["missed"] = [n for n in state["missed"] if n <= count]
        if places:
            state |= {"step": places[0], "progress": places[0] - 1}
            return ""
        step = min(state["step"], count)
        state |= {"step": step, "attempts": 0, "hints": 0, "helped": 0, "progress": step - 1}
        state["question"] = lesson.digest(step)
        return "" if state["done"] else self._say("changed")

    def _advance(self, lesson: Lesson) -> str:
        state, count = self._state, len(lesson.steps)
        was_last = max(state["progress"], state["step"]) >= count
        state["progress"] = max(state["progress"], state["step"])
        if was_last:
            state |= {"done": True, "suggestions": self._offers_at_the_end()}
            score = self._say("end", score=state["score"], of=count)
            return joined(score, self._missed(), self._say("end_next"))
        state |= {"step": state["step"] + 1, "attempts": 0, "hints": 0, "helped": 0}
        return self._question(lesson)

    def _missed(self) -> str:
        chip = self._phrases.chip
        steps = ", ".join(f"**{chip('step', number=n)}**" for n in self._state["missed"])
        return self._say("missed", steps=steps) if steps else ""

    def _question(self, lesson: Lesson) -> str:
        state, step = self._state, self._step(lesson)
        state["question"] = lesson.digest(state["step"])
        state["suggestions"] = self._offers(step)
        check = self._say("check") if step.unassisted else ""
        return joined(
            self._say("place", step=state["step"], of=len(lesson.steps)), check, _ask(step)
        )

    def _asked(self, step: Step) -> str:
        self._state["suggestions"] = self._offers(step)
        return _ask(step)

    def _back(self, step: Step) -> str:
        """The question in one line; in full if its last line says too little."""
        back = self._say("back_to", step=self._state["step"], of=self._state["of"])
        last = step.question.rstrip().splitlines()[-1]
        return joined(back, last if "`" not in last[:3] else step.question)

    def _offers(self, step: Step) -> list[str]:
        names = ["hint", "explain", "example", "skip"]
        if step.unassisted:
            names = ["skip"]
        elif not step.example:
            names.remove("example")
        return [*step.chips, *map(self._phrases.chip, names)]

    def _offers_at_the_end(self) -> list[str]:
        chip = self._phrases.chip
        missed = [chip("step", number=n) for n in self._state["missed"][:6]]
        return [*missed, chip("again"), chip("lessons")]

    # --- small things -----------------------------------------------------------------------------

    def _step(self, lesson: Lesson) -> Step:
        number: int = self._state["step"]
        return self._spoken(lesson).steps[number - 1]

    def _spoken(self, lesson: Lesson) -> Lesson:
        return lesson.spoken(self._lang)

    def _say(self, key: str, **values: object) -> str:
        return self._phrases.say(key, **values)


def _ask(step: Step) -> str:
    choices = [f"{letter}) {text}" for letter, text in zip(LETTERS, step.choices, strict=False)]
    is_block = any(apart(text) != text for text in step.choices)
    # Two spaces at the end of a line make a line break in Markdown.
    return joined(step.question, ("\n\n" if is_block else "  \n").join(choices))


def _code(step: Step) -> str:
    return step.solution if step.choices or "`" in step.solution else f"`{step.solution}`"


def _is_place(state: State) -> bool:
    """Whether it is a learner's place in a lesson, and not another tutor's state."""
    counts = [state.get(key) for key in ("step", "score", "attempts", "hints")]
    is_counted = all(type(n) is int and n >= 0 for n in counts)
    return is_counted and state["step"] > 0 and "done" in state


def _complete(place: State, lesson: Lesson) -> None:
    """Add what 0.1 did not keep: which question it was, and what was answered and missed."""
    step = min(place["step"], len(lesson.steps))
    place.setdefault("question", lesson.digest(step))
    place.setdefault("progress", step if place["done"] else step - 1)
    place.setdefault("missed", [])
