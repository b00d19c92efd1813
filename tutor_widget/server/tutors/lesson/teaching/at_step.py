"""What is said at a step: to an answer, a command, or talk."""

from __future__ import annotations

from ..blocks import joined
from ..normal import tidy, words
from ..reading import LAST, Reading
from .exchange import Exchange, digest
from .kept import MOST

__all__ = ["answer_step"]


def answer_step(exchange: Exchange, reading: Reading) -> str:
    """The reply to a message that was read at the learner's step."""
    match reading.kind:
        case "right":
            exchange.note("answer", right=True)
            return _right(exchange)
        case "wrong" if exchange.is_said_again(digest(tidy(reading.text))):
            exchange.note("talk")
            return exchange.say("same_answer")
        case "wrong":
            exchange.note("answer", right=False)
            return _wrong(exchange, reading.text)
        case "two":
            exchange.note("talk")
            return exchange.say("two_answers")
        case "command":
            exchange.note("command", command=reading.command)
            return _obey(exchange, reading)
        case _:
            exchange.note("talk")
            return _talk(exchange, reading)


def _right(exchange: Exchange) -> str:
    explanation = exchange.step.explanation
    exchange.place.solve()
    return joined(exchange.say("right"), explanation, exchange.next_step())


def _wrong(exchange: Exchange, text: str) -> str:
    step = exchange.step
    exchange.place.count_attempt()
    opening = exchange.say("wrong")
    if step.unassisted:
        return joined(opening, _miss(exchange))
    if (mistake := step.mistake(text)) is not None:
        return joined(opening, mistake.say, exchange.say("try_again"))
    return joined(opening, _hint(exchange))


def _hint(exchange: Exchange) -> str:
    """The next hint, or the answer after the last one."""
    place, step = exchange.place, exchange.step
    if step.unassisted:
        return exchange.say("check")
    if place.hints < len(step.hints):
        place.hints += 1
        return joined(exchange.speech.hint(place, place.hints), exchange.say("try_again"))
    return joined(exchange.speech.answer(step), _miss(exchange))


def _given_hint(exchange: Exchange, number: int) -> str:
    """The hint of this number, or the last one, if it was given before; else ""."""
    given = exchange.place.hints
    number = given if number == LAST else number
    return exchange.speech.hint(exchange.place, number) if 0 < number <= given else ""


def _miss(exchange: Exchange) -> str:
    exchange.place.miss()
    return exchange.next_step()


def _obey(exchange: Exchange, reading: Reading) -> str:
    command = reading.command
    if hint := _given_hint(exchange, reading.number):
        return hint
    if exchange.is_said_again(command):
        return exchange.say("already")
    step = exchange.step
    match command:
        case "hint":
            return _hint(exchange)
        case "skip":
            return joined(exchange.say("skipped"), _miss(exchange))
        case "again" | "back":
            return exchange.speech.question(exchange.place)
        case "lessons":
            return exchange.contents()
        case "example" if step.unassisted:
            return exchange.say("check")
        case "example":
            return step.example or exchange.say("no_example")
        case "explain":
            return _help(exchange)
        case _:
            return joined(exchange.say("greeting"), exchange.speech.back(exchange.place))


def _talk(exchange: Exchange, reading: Reading) -> str:
    """Talk costs nothing, and is never told the answer."""
    place, step = exchange.place, exchange.step
    if (error := reading.error) is not None and not (step.unassisted and error[0] in step.question):
        return joined(exchange.explain(*error), exchange.speech.back(place))
    meaning = None if step.unassisted else _meaning(exchange, reading.text)
    return joined(meaning, exchange.speech.back(place)) if meaning else _help(exchange)


def _meaning(exchange: Exchange, text: str) -> str | None:
    """What a word of the lesson means, if the learner asks for it."""
    glossary = exchange.speech.spoken(exchange.place.lesson).glossary
    given = f" {' '.join(words(text))} "
    for word in sorted(glossary, key=len, reverse=True):
        if f" {word} " in given or f" {word}s " in given or (word >= "\u4e00" and word in text):
            return f"**{word}**: {glossary[word]}"
    return None


def _help(exchange: Exchange) -> str:
    """The step in other words, an example, or plainly that this is all; in turns."""
    place, step = exchange.place, exchange.step
    if step.unassisted:
        offers = [exchange.say("check"), exchange.say("not_now")]
    else:
        offers = [step.also, step.example, exchange.say("cannot_answer"), exchange.say("not_now")]
    offers = [offer for offer in offers if offer]
    text = offers[place.helped % len(offers)]
    place.helped = min(place.helped + 1, MOST)
    return text if text == step.also else joined(text, exchange.speech.back(place))
