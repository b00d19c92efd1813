"""Going to another lesson, or at the end of one to a step, by its number or its title."""

from __future__ import annotations

from typing import Final

from ..blocks import joined
from ..normal import tidy
from ..phrases import index, keys_of
from ..reading import Reading, command_in, subject_of
from ..steps import Lesson, Step
from .at_step import answer_step
from .exchange import Exchange
from .naming import Named, lesson_by_title, lesson_by_words, named, same_letters
from .place import Place
from .said import Said

__all__ = ["after_the_end", "choose", "go_if_asked", "restart_if_asked"]

_RESTART: Final = "restart"
_COURTESIES: Final = ("thanks", "parting", "greeting")


def choose(exchange: Exchange, text: str) -> str | None:
    """The reply of who was shown the list of lessons, or None if the message is for the step.

    Only what is exactly right is an answer now, and a command a command. A number is that of a
    lesson, whatever the step asks for.
    """
    lessons = exchange.lessons.values()
    lesson = _numbered(exchange, named(text, "lesson")) or lesson_by_title(text, lessons)
    if lesson is not None:
        return _go(exchange, lesson)
    if _is_for_the_step(exchange, text) or command_in(text):
        exchange.learner.listed = 0
        return None
    if (lesson := lesson_by_words(text, lessons)) is not None:
        return _go(exchange, lesson)
    return _none_of_them(exchange)


def go_if_asked(exchange: Exchange, text: str) -> str | None:
    """The reply to "lesson 2" and to a title, or None. What answers the step is no title."""
    if not exchange.place.done and _is_answer(exchange.step, text):
        return None
    if exchange.place.is_retry and (number := _step_number(exchange, text)):
        return _go_to_step(exchange, number)
    name = named(text, "lesson")
    if name is not None and name.has_noun:
        lesson = _numbered(exchange, name)
        return _none_of_them(exchange) if lesson is None else _go(exchange, lesson)
    lesson = lesson_by_title(text, exchange.lessons.values())
    return None if lesson is None else _go(exchange, lesson)


def restart_if_asked(exchange: Exchange, text: str) -> str | None:
    """The reply to "from the beginning" within a lesson, or None. Said twice, it restarts it."""
    learner, place = exchange.learner, exchange.place
    if place.done or command_in(text) or not _is_restart(text) or _is_answer(exchange.step, text):
        return None
    exchange.note("command", command="restart")
    warned = learner.acted.get(_RESTART)
    if warned is None or exchange.message.is_before(warned):
        learner.acted[_RESTART] = exchange.next_rev
        return joined(exchange.say("restart"), exchange.speech.back(place))
    learner.place = Place(place.lesson)
    return exchange.speech.question(exchange.place)


def after_the_end(exchange: Exchange, text: str) -> Said:
    """The lesson is finished: go to a step that is not solved, repeat the lesson, or leave it.

    A number in a sentence names no step: "I learned 3 things".
    """
    if number := _step_number(exchange, text):
        return Said(_go_to_step(exchange, number))
    command = command_in(text)
    if number := 0 if command else _answered(exchange, text):
        return _solve(exchange, number)
    if not command and _is_restart(text):
        command = "again"
    elif not command and (lesson := lesson_by_words(text, exchange.lessons.values())):
        return Said(_go(exchange, lesson))
    exchange.note("command" if command else "talk", command=command)
    match command:
        case "again":
            exchange.learner.place = Place(exchange.place.lesson)
            return Said(exchange.speech.question(exchange.place))
        case "lessons":
            return Said(exchange.contents())
        case _:
            return _stay(exchange, text)


def _stay(exchange: Exchange, text: str) -> Said:
    """What is said to talk at the end. A model may speak if all steps are solved."""
    place, subject = exchange.place, subject_of(text)
    end = exchange.speech.after_the_end(place)
    if subject in _COURTESIES:
        return Said(joined(exchange.chat(subject), end))
    finished = exchange.say("finished")
    is_silent = not place.is_all_solved or not text
    return Said(joined(finished, end)) if is_silent else Said("", finished, end)


def _is_restart(text: str) -> bool:
    """Whether it asks for the lesson from its beginning."""
    keys = keys_of(text)
    known = ("restart", "polite", "chatter", "openings", "around", "choosing")
    return index("restart").is_within(keys) and index(*known).covers(keys)


def _step_number(exchange: Exchange, text: str) -> int:
    """The number of the step that is named and can be tried; of a message at a step, with its
    noun. Or 0."""
    place, name = exchange.place, named(text, "step")
    is_named = name is not None and (name.has_noun or (name.is_alone and place.done))
    return name.number if name and is_named and name.number in place.untried else 0


def _go_to_step(exchange: Exchange, number: int) -> str:
    exchange.note("command", command="step")
    exchange.place.go_to(number)
    return exchange.speech.question(exchange.place)


def _answered(exchange: Exchange, text: str) -> int:
    """The first step that can be tried whose answer the text exactly is, or 0."""
    steps = exchange.speech.spoken(exchange.place.lesson).steps
    untried = exchange.place.untried
    return next((n for n in untried if _is_right(steps[n - 1], text)), 0) if tidy(text) else 0


def _solve(exchange: Exchange, number: int) -> Said:
    """A step was answered right at the end of the lesson, without being asked."""
    exchange.place.go_to(number)
    return answer_step(exchange, Reading("right", exchange.message.text))


def _go(exchange: Exchange, lesson: Lesson) -> str:
    exchange.note("command", command="lesson")
    return exchange.begin(lesson)


def _none_of_them(exchange: Exchange) -> str:
    """There is no such lesson. It costs nothing, and the list says what can be chosen."""
    exchange.note("talk")
    stay = "" if exchange.place.done else exchange.say("stay")
    return joined(exchange.say("not_listed"), exchange.contents(), stay)


def _numbered(exchange: Exchange, name: Named | None) -> Lesson | None:
    lessons = list(exchange.lessons.values())
    number = name.number if name is not None else 0
    if number < 0:
        return lessons[-1]
    return lessons[number - 1] if 1 <= number <= len(lessons) else None


def _is_for_the_step(exchange: Exchange, text: str) -> bool:
    """Whether it is exactly right; at the end, whether it says that it names a step."""
    step = exchange.step
    if exchange.place.done:
        name = named(text, "step")
        return name is not None and name.has_noun
    return _is_right(step, text)


def _is_right(step: Step, text: str) -> bool:
    """Whether a text is a right answer and nothing else."""
    letter = step.chosen(text)
    return step.is_exactly(text) or (letter != "" and letter == step.correct)


def _is_answer(step: Step, text: str) -> bool:
    """Whether the text is an answer that the step's author wrote down, right or wrong."""
    wrong = [answer for mistake in step.mistakes for answer in mistake.answers]
    given = same_letters(text)
    is_written = any(given == same_letters(answer) for answer in (*step.choices, *wrong))
    return step.is_exactly(text) or step.chosen(text) != "" or (given != "" and is_written)
