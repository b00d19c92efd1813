"""The lesson engine: what is said to a message, and what becomes of the learner's place. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..blocks import joined
from ..normal import clean
from ..reading import is_help_wanted, read_message
from ..steps import Lesson
from .at_step import answer_step
from .briefing import briefed
from .choosing import after_the_end, choose, go_if_asked, restart_if_asked
from .exchange import Exchange, Message
from .learner import Learner, read_learner
from .said import Said
from .speech import Speech, asked

__all__ = ["Teaching"]

State = dict[str, Any]


class Teaching:
    """One reply. It changes ``state``, and notes what it did in ``record``.

    ``has_voice``: a model may speak in it, and is told what it needs for that (`Said.brief`).
    """

    def __init__(
        self,
        lessons: Mapping[str, Lesson],
        state: State,
        record: dict[str, Any],
        lang: str | None,
        explain: Callable[[str, str], str],
        *,
        has_voice: bool = False,
    ) -> None:
        self._lessons = lessons
        self._state = state
        self._record = record
        self._speech = Speech(lang, has_voice=has_voice)
        self._has_voice = has_voice
        self._explain = explain
        self._hints: Any = None
        """How many hints were given before the reply, as the state has it."""

    def greet(self) -> str:
        """The first message of a conversation."""
        exchange = self._exchange(Message(""), Learner())
        text = joined(self._speech.greeting(), exchange.begin(exchange.next_lesson()))
        self._save(exchange)
        return text

    def reply(self, message: Message) -> Said:
        """The reply to a message. A model that is to speak in it either does, which
        `voiced` tells, or is stopped before, which `unvoiced` does."""
        self._hints = self._state.get("hints")
        # The reply will be shown with the next revision.
        learner = read_learner(self._state, self._lessons, message.state_rev + 1)
        exchange = self._exchange(message, learner)
        before = learner.asked
        said = exchange.different(_respond(exchange))
        if learner.asked != before:
            learner.moved(exchange.next_rev)
        self._save(exchange)
        return briefed(exchange, said) if self._has_voice else said

    def voiced(self) -> None:
        """A model has spoken, so the engine's own words were not said."""
        self._state["said"] = ""

    def unvoiced(self) -> None:
        """Nobody has said what a model was to say, so the hint in it was not given."""
        self._state |= {"hints": self._hints, "said": ""}

    def _exchange(self, message: Message, learner: Learner) -> Exchange:
        return Exchange(message, self._lessons, learner, self._record, self._speech, self._explain)

    def _save(self, exchange: Exchange) -> None:
        learner, place, speech = exchange.learner, exchange.place, self._speech
        learner.save(self._state, place)
        chips = speech.lesson_chips(len(self._lessons)) if learner.listed else speech.chips(place)
        self._state |= {"title": speech.spoken(place.lesson).title, "suggestions": chips}


def _respond(exchange: Exchange) -> Said:
    learner, message = exchange.learner, exchange.message
    if learner.place is None:
        return Said(_arrive(exchange))
    if learner.place.is_lost:
        learner.moved(exchange.next_rev)
        exchange.note("talk")
        return Said(joined(message.about, exchange.changed()))
    if message.about and (message.has_error or not _is_right(exchange)):
        # The message is about the learner's own code. It counts as no answer, right or wrong.
        exchange.note("talk")
        return _about_own_code(exchange)
    return _heed(exchange, clean(message.text)).under(message.about)


def _is_right(exchange: Exchange) -> bool:
    """Whether the message is a right answer, and no question that names it: "is it 3?"."""
    text, step = exchange.message.text, exchange.step
    return step.is_right(text) and read_message(text, step).kind == "right"


def _about_own_code(exchange: Exchange) -> Said:
    """The reply to a message with something attached."""
    message, place = exchange.message, exchange.place
    back = "" if place.done else exchange.speech.back(place)
    is_asked_alone = not place.is_all_solved if place.done else exchange.step.unassisted
    if is_asked_alone:
        return Said(joined(message.about, back))
    return Said("", message.about, back, "error" if message.has_error else "cell")


def _arrive(exchange: Exchange) -> str:
    """The session is new to this tutor, or the learner's lesson is gone."""
    say, about, title = exchange.say, exchange.message.about, exchange.learner.gone
    opening = (
        joined(about, say("gone", title=title)) if title else about or exchange.speech.greeting()
    )
    return joined(opening, exchange.begin(exchange.next_lesson()))


def _heed(exchange: Exchange, text: str) -> Said:
    """The reply to a cleaned message without anything attached, or with a right answer."""
    learner, message = exchange.learner, exchange.message
    if message.is_before(learner.shown):
        return _read_late(exchange)
    is_choosing = learner.listed > 0 and not message.is_before(learner.listed)
    if is_choosing and (reply := choose(exchange, text)) is not None:
        return Said(reply)
    if (reply := go_if_asked(exchange, text)) is not None:
        return Said(reply)
    if exchange.place.done:
        return after_the_end(exchange, text)
    if (reply := restart_if_asked(exchange, text)) is not None:
        return Said(reply)
    return answer_step(exchange, read_message(message.text, exchange.step))


def _read_late(exchange: Exchange) -> Said:
    """The message was written for an earlier step. Help is given all the same."""
    if exchange.place.done:
        return after_the_end(exchange, "")
    reading = read_message(exchange.message.text, exchange.step)
    if is_help_wanted(reading):
        return answer_step(exchange, reading)
    exchange.note("talk")
    return Said(joined(exchange.say("older_step"), asked(exchange.step)))
