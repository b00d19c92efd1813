"""What is said at a step: to an answer, a command, or talk."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from ..blocks import joined
from ..normal import tidy
from ..reading import LAST, Reading, Subject, asked_word, is_definition_asked
from .exchange import Exchange, digest
from .glossary import error_name, find_term, headed, is_asked, terms_of
from .said import Finding, Said
from .solutions import gives_away, is_unfinished

__all__ = ["answer_step"]

_COURTESIES: Final = frozenset[Subject]({"thanks", "parting", "greeting", "declining", "rest"})


def answer_step(exchange: Exchange, reading: Reading) -> Said:
    """The reply to a message that was read at the learner's step."""
    match reading.kind:
        case "right":
            exchange.note("answer", right=True)
            return Said(_right(exchange))
        case "wrong" | "talk" if not reading.error and is_unfinished(reading.text, exchange.step):
            exchange.note("talk")
            return Said(exchange.say("evaluate"))
        case "wrong" if exchange.is_said_again(digest(tidy(reading.text))):
            exchange.note("talk")
            return Said(exchange.say("same_answer"))
        case "wrong":
            exchange.note("answer", right=False)
            return _wrong(exchange, reading.text)
        case "two":
            exchange.note("talk")
            return Said(exchange.say("two_answers"))
        case "command" if not _is_term_asked(exchange, reading.text):
            exchange.note("command", command=reading.command)
            return _obey(exchange, reading)
        case _:
            exchange.note("talk")
            return _talk(exchange, reading)


def _right(exchange: Exchange) -> str:
    explanation = exchange.step.explanation
    exchange.place.solve()
    return joined(exchange.say("right"), explanation, exchange.next_step())


def _wrong(exchange: Exchange, text: str) -> Said:
    step = exchange.step
    exchange.place.count_attempt()
    opening = exchange.say("wrong")
    if step.unassisted:
        return Said(joined(opening, _failed_check(exchange, text)))
    if (mistake := step.mistake(text)) is not None:
        key = "try_again" if exchange.place.hints < len(step.hints) else "try_or_answer"
        return Said(opening, mistake.say, exchange.say(key), "wrong")
    return _hint(exchange).under(opening)


def _failed_check(exchange: Exchange, text: str) -> str:
    """What helps to see why, and the next step: a check has one try. The answer is not told: the
    lesson can be begun anew."""
    step = exchange.step
    mistake = step.mistake(text)
    explanation = "" if gives_away(step.explanation, step) else step.explanation
    exchange.place.fail()
    return joined(mistake.say if mistake else "", explanation, exchange.next_step())


def _hint(exchange: Exchange) -> Said:
    """The next hint, or the answer after the last one."""
    place, step = exchange.place, exchange.step
    if step.unassisted:
        return _explain(exchange)
    if place.hints < len(step.hints):
        place.hints += 1
        hint = exchange.speech.hint(place, place.hints)
        return Said("", hint, exchange.say(_behind_hint(exchange)), "wrong")
    return Said(joined(exchange.speech.answer(step), _miss(exchange)))


def _behind_hint(exchange: Exchange) -> str:
    """The key of what is said behind a hint. The answer comes with a warning."""
    place = exchange.place
    if place.hints == len(exchange.step.hints):
        return "last_hint"
    return "try_again" if place.attempts else "try_it"


def _given_hint(exchange: Exchange, number: int) -> str:
    """The hint of this number, or the last one, if it was given before; else ""."""
    given = exchange.place.hints
    number = given if number == LAST else number
    return exchange.speech.hint(exchange.place, number) if 0 < number <= given else ""


def _miss(exchange: Exchange) -> str:
    exchange.place.miss()
    return exchange.next_step()


def _obey(exchange: Exchange, reading: Reading) -> Said:
    command = reading.command
    if hint := _given_hint(exchange, reading.number):
        return Said(hint)
    if exchange.is_said_again(command):
        return Said(exchange.say("already"))
    step = exchange.step
    match command:
        case "hint":
            return Said(_hint(exchange).text)  # as its author wrote it
        case "skip" if step.unassisted:
            return Said(joined(exchange.say("check_skip"), exchange.speech.back(exchange.place)))
        case "skip":
            return Said(joined(exchange.say("skipped"), _miss(exchange)))
        case "again" | "back":
            return Said(exchange.speech.question(exchange.place))
        case "lessons":
            return Said(exchange.contents())
        case "example" if step.example and not step.unassisted:
            return Said(_example(exchange))
        case "example" if not step.unassisted:
            explained = _explain(exchange)
            return replace(explained, voiced=joined(exchange.say("no_example"), explained.voiced))
        case "example" | "explain":
            return _explain(exchange)
        case _:
            return Said(joined(exchange.speech.greeting(), exchange.speech.back(exchange.place)))


def _talk(exchange: Exchange, reading: Reading) -> Said:
    """Talk costs nothing, and is never told the answer."""
    place, step = exchange.place, exchange.step
    if (error := reading.error) is not None and not (step.unassisted and error[0] in step.question):
        return _spoken(exchange, _explained(exchange, *error), exchange.speech.back(place), "error")
    if not step.unassisted and (meaning := _meaning(exchange, reading.text)):
        return replace(meaning, after=exchange.speech.back(place))
    match reading.subject:
        case "begging":
            return _help(exchange).under(exchange.say("not_yet"))
        case "help":
            return _help(exchange)
        case "standing":
            solved = exchange.say("so_far", score=place.score, of=place.of)
            return Said(joined(solved, exchange.speech.back(place)))
        case subject if subject in _COURTESIES:
            return Said(joined(exchange.chat(subject), exchange.speech.back(place)))
        case subject:
            return _spoken(exchange, exchange.chat(subject), exchange.speech.back(place), "talk")


def _spoken(exchange: Exchange, voiced: str, after: str, finding: Finding) -> Said:
    """A reply that a model may give, but for a check."""
    if exchange.step.unassisted:
        return Said(joined(voiced, after))
    return Said("", voiced, after, finding)


def _is_term_asked(exchange: Exchange, text: str) -> bool:
    """Whether it asks for a word of the glossary that is a command, too: "what are indices?"."""
    glossary = exchange.speech.spoken(exchange.place.lesson).glossary
    return is_definition_asked(text) and find_term(text, glossary, exchange.step) != ""


def _explained(exchange: Exchange, name: str, message: str) -> str:
    return exchange.explain(name, message) or exchange.say("unknown_error", name=name)


def _meaning(exchange: Exchange, text: str) -> Said | None:
    """What a word means, if the learner asks for it; of one that is not known, which are."""
    glossary = exchange.speech.spoken(exchange.place.lesson).glossary
    is_defined = asked_word(text) or is_asked(text, glossary)
    if is_defined and (term := find_term(text, glossary, exchange.step)):
        return Said(headed(term, glossary[term]))
    if name := error_name(text):
        known = exchange.explain(name, "") or exchange.say("error_name", name=name)
        return Said("", known, finding="talk")
    if not asked_word(text):
        return None
    terms = ", ".join(f"**{term}**" for term in terms_of(exchange.step, glossary))
    unknown = exchange.say("unknown_word", words=terms) if terms else exchange.say("no_words")
    return Said("", unknown, finding="talk")


# --- help, which costs nothing --------------------------------------------------------------------


def _help(exchange: Exchange) -> Said:
    """What helps next, in turns."""
    return _offered(exchange, exchange.place.helped, "talk")


def _explain(exchange: Exchange) -> Said:
    """The step in other words, or what helps first without them; as often as it is asked for."""
    return _offered(exchange, 0, "explain")


def _example(exchange: Exchange) -> str:
    """The example, as often as it is asked for."""
    example = exchange.step.example
    exchange.place.helped = _offers(exchange).index(example) + 1
    return example


def _offered(exchange: Exchange, turn: int, finding: Finding) -> Said:
    place, offers = exchange.place, _offers(exchange)
    number = turn % len(offers)
    place.helped = number + 1
    text = offers[number]
    after = "" if text == exchange.step.also else exchange.speech.back(place)
    return _spoken(exchange, text, after, finding)


def _offers(exchange: Exchange) -> list[str]:
    """The step in other words, an example, and the hint that is due, which does not count as given;
    at a check, why there is none."""
    place, step = exchange.place, exchange.step
    if step.unassisted:
        return [exchange.say("check"), exchange.say("check_try")]
    due = min(place.hints + 1, len(step.hints))
    return list(filter(None, (step.also, step.example, exchange.speech.hint(place, due))))
