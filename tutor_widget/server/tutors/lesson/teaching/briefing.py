"""What a model is told when it may speak. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ..normal import clean
from ..steps import Step
from .exchange import Exchange
from .place import Place
from .said import Brief, Said
from .solutions import gives_away
from .speech import asked

__all__ = ["briefed"]


def briefed(exchange: Exchange, said: Said) -> Said:
    """The reply with what a model needs to know to speak in it. Called when all is decided."""
    if not said.voiced:
        return said
    lesson = exchange.speech.spoken(exchange.place.lesson)
    if exchange.place.done:
        return replace(said, brief=Brief(lesson.title, lesson.about, finding=said.finding))
    step, given = exchange.step, exchange.place.hints
    # To a wrong answer the engine has given the hint that is due; in talk the next one is due.
    is_wrong = said.finding == "wrong"
    due = given if is_wrong else min(given + 1, len(step.hints))
    brief = Brief(
        lesson.title,
        lesson.about,
        asked(step),
        step.hints[:due],
        said.finding,
        _mistake(exchange, step) if is_wrong else "",
        tuple(_usual(step)),
    )
    hint = said.voiced if is_wrong else exchange.speech.hint(exchange.place, due)
    return replace(
        said,
        brief=brief,
        hint=hint,
        step=step,
        translations=tuple(_translations(exchange.place, step)),
        glossary=tuple(lesson.glossary.values()),
    )


def _translations(place: Place, step: Step) -> Iterator[Step]:
    for lesson in (place.lesson, *place.lesson.translations.values()):
        if (other := lesson.steps[place.number - 1]) is not step:
            yield other


def _mistake(exchange: Exchange, step: Step) -> str:
    """What the author says to this mistake. Of a choice it may name another choice."""
    mistake = step.mistake(clean(exchange.message.text))
    if mistake is None or (not step.choices and gives_away(mistake.say, step)):
        return ""
    return mistake.say


def _usual(step: Step) -> list[str]:
    """What the author says to usual mistakes, but for what gives the answer away."""
    return [one.say for one in step.mistakes if not gives_away(one.say, step)]
