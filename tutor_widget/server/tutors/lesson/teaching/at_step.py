"""What is said at a step: to an answer, a command, or talk."""

from __future__ import annotations

from ..blocks import joined
from ..normal import tidy
from ..reading import LAST, Reading, asked_word, is_definition_asked
from .exchange import Exchange, digest
from .glossary import error_name, find_term, headed, is_asked, terms_of
from .solutions import gives_away, is_unfinished

__all__ = ["answer_step"]


def answer_step(exchange: Exchange, reading: Reading) -> str:
    """The reply to a message that was read at the learner's step."""
    match reading.kind:
        case "right":
            exchange.note("answer", right=True)
            return _right(exchange)
        case "wrong" | "talk" if not reading.error and is_unfinished(reading.text, exchange.step):
            exchange.note("talk")
            return exchange.say("evaluate")
        case "wrong" if exchange.is_said_again(digest(tidy(reading.text))):
            exchange.note("talk")
            return exchange.say("same_answer")
        case "wrong":
            exchange.note("answer", right=False)
            return _wrong(exchange, reading.text)
        case "two":
            exchange.note("talk")
            return exchange.say("two_answers")
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


def _wrong(exchange: Exchange, text: str) -> str:
    step = exchange.step
    exchange.place.count_attempt()
    opening = exchange.say("wrong")
    if step.unassisted:
        return joined(opening, _failed_check(exchange, text))
    if (mistake := step.mistake(text)) is not None:
        key = "try_again" if exchange.place.hints < len(step.hints) else "try_or_answer"
        return joined(opening, mistake.say, exchange.say(key))
    return joined(opening, _hint(exchange))


def _failed_check(exchange: Exchange, text: str) -> str:
    """What helps to get it right at the end of the lesson. The answer is not told."""
    step = exchange.step
    mistake = step.mistake(text)
    explanation = "" if gives_away(step.explanation, step) else step.explanation
    next_step = _miss(exchange)
    retry = "" if exchange.place.done else exchange.say("retry")
    return joined(mistake.say if mistake else "", explanation, retry, next_step)


def _hint(exchange: Exchange) -> str:
    """The next hint, or the answer after the last one."""
    place, step = exchange.place, exchange.step
    if step.unassisted:
        return _explain(exchange)
    if place.hints < len(step.hints):
        place.hints += 1
        hint = exchange.speech.hint(place, place.hints)
        return joined(hint, exchange.say(_behind_hint(exchange)))
    return joined(exchange.speech.answer(step), _miss(exchange))


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
            return _explain(exchange)
        case "example":
            return _example(exchange)
        case "explain":
            return _explain(exchange)
        case _:
            return joined(exchange.say("greeting"), exchange.speech.back(exchange.place))


def _talk(exchange: Exchange, reading: Reading) -> str:
    """Talk costs nothing, and is never told the answer."""
    place, step = exchange.place, exchange.step
    if (error := reading.error) is not None and not (step.unassisted and error[0] in step.question):
        return joined(_explained(exchange, *error), exchange.speech.back(place))
    if not step.unassisted and (meaning := _meaning(exchange, reading.text)):
        return joined(meaning, exchange.speech.back(place))
    match reading.subject:
        case "begging":
            return joined(exchange.say("not_yet"), _help(exchange))
        case "help":
            return _help(exchange)
        case "standing":
            solved = exchange.say("so_far", score=place.score, of=place.of)
            return joined(solved, exchange.speech.back(place))
        case _:
            return joined(exchange.chat(reading.subject), exchange.speech.back(place))


def _is_term_asked(exchange: Exchange, text: str) -> bool:
    """Whether it asks for a word of the glossary that is a command, too: "what are indices?"."""
    glossary = exchange.speech.spoken(exchange.place.lesson).glossary
    return is_definition_asked(text) and find_term(text, glossary, exchange.step) != ""


def _explained(exchange: Exchange, name: str, message: str) -> str:
    return exchange.explain(name, message) or exchange.say("unknown_error", name=name)


def _meaning(exchange: Exchange, text: str) -> str:
    """What a word means, if the learner asks for it; of one that is not known, which are. Or ""."""
    glossary = exchange.speech.spoken(exchange.place.lesson).glossary
    is_defined = asked_word(text) or is_asked(text, glossary)
    if is_defined and (term := find_term(text, glossary, exchange.step)):
        return headed(term, glossary[term])
    if name := error_name(text):
        return exchange.explain(name, "") or exchange.say("error_name", name=name)
    if not asked_word(text):
        return ""
    terms = ", ".join(f"**{term}**" for term in terms_of(exchange.step, glossary))
    return exchange.say("unknown_word", words=terms) if terms else exchange.say("no_words")


# --- help, which costs nothing --------------------------------------------------------------------


def _help(exchange: Exchange) -> str:
    """What helps next, in turns."""
    return _offered(exchange, exchange.place.helped)


def _explain(exchange: Exchange) -> str:
    """The step in other words, or what helps first without them; as often as it is asked for."""
    return _offered(exchange, 0)


def _example(exchange: Exchange) -> str:
    """The example, as often as it is asked for; or what helps in its place."""
    step, offers = exchange.step, _offers(exchange)
    if not step.example:
        return joined(exchange.say("no_example"), _explain(exchange))
    exchange.place.helped = offers.index(step.example) + 1
    return step.example


def _offered(exchange: Exchange, turn: int) -> str:
    place, offers = exchange.place, _offers(exchange)
    number = turn % len(offers)
    place.helped = number + 1
    text = offers[number]
    return text if text == exchange.step.also else joined(text, exchange.speech.back(place))


def _offers(exchange: Exchange) -> list[str]:
    """The step in other words, an example, and the hint that is due, which does not count as given;
    at a check, why there is none."""
    place, step = exchange.place, exchange.step
    if step.unassisted:
        return [exchange.say("check"), exchange.say("check_try")]
    due = min(place.hints + 1, len(step.hints))
    return list(filter(None, (step.also, step.example, exchange.speech.hint(place, due))))
