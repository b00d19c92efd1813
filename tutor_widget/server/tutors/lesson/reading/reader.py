"""What a message is: an answer, a command, or talk. The step decides what an answer is.

In this order: what is exactly a right answer; a command; a question or other talk; an answer in a
sentence. Talk never costs anything, so what is no answer for sure is talk at a step that asks for a
number or a choice; at a step that asks for words, a statement is an answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, get_args

from ..code import is_code
from ..errors import pasted_error
from ..judge import Verdict, is_taken_back
from ..normal import clean, session, words
from ..phrases import index, read
from ..steps import Step
from .asides import without_emoticons
from .bound import without_bound
from .commands import Command, find_command, is_code_alone
from .questions import is_clause, is_lost, is_question, reason_in
from .respelling import respelt
from .step_words import words_of
from .subjects import Subject, subject_of
from .talk import Said

__all__ = ["Reading", "command_in", "is_help_wanted", "read_message"]

Kind = Literal["right", "two", "wrong", "command", "talk"]
_ORDER: Final = get_args(Kind)
"""Of two readings, the first one counts."""
_LEAST_REMARK: Final = 3
"""Words of what somebody says of himself behind an answer."""
_TAKING_BACK: Final = ("contrasts", "instead", "not", "or", "rejections", "unsure", "wait")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a message is. ``command`` names it, and ``number`` a hint that was given before (see
    `commands.Command`); ``error`` is a pasted one's name and message. ``subject`` is that of talk.
    """

    kind: Kind
    text: str = ""
    command: str = ""
    number: int = 0
    error: tuple[str, str] | None = None
    subject: Subject = "unclear"


def read_message(message: str, step: Step) -> Reading:
    """Read a learner's message at this step."""
    reading = min(_readings(message, step), key=lambda reading: _ORDER.index(reading.kind))
    if reading.kind != "talk":
        return reading
    return replace(reading, subject=subject_of(reading.text, words_of(step).all))


def _readings(message: str, step: Step) -> Iterator[Reading]:
    """The reading of the message; of an interpreter session of what it showed, and of what was
    typed, of which either may be asked for."""
    return (_read(message, clean(text), step) for text in session(message) or (message,))


def _read(message: str, text: str, step: Step) -> Reading:
    if letter := step.chosen(text):
        return Reading("right" if letter == step.correct else "wrong", text)
    if not (bare := without_emoticons(text, step.answers)):
        return Reading("talk", text)
    said = Said(respelt(without_bound(bare, step), step), step)
    if step.is_exactly(text) and (step.answers or _is_plain(text, said)):
        return Reading("right", text)
    error = pasted_error(message)
    # What is said beside an error is about the error: "NameError: …, hint please".
    if error is None and (command := _command(message, text, step)):
        return Reading("command", text, command.name, command.number)
    return _read_prose(message, text, said, step, error)


def _read_prose(
    message: str, text: str, said: Said, step: Step, error: tuple[str, str] | None
) -> Reading:
    verdict = _judged(said, step)
    if error is not None and (verdict is not Verdict.RIGHT or _is_report(message)):
        return Reading("talk", text, error=error)
    if step.answers and said.is_small_talk and not said.is_right_in_full:
        return Reading("talk", text)
    if not words(text) and verdict is not Verdict.RIGHT:
        return Reading("wrong" if _is_sign(text, step) else "talk", text)
    own = words_of(step).code | words_of(step).answers
    if is_question(said.text, own) and not _is_stated(said, verdict, step):
        return Reading("right" if _is_answered(said.text, step) else "talk", text)
    if verdict in (Verdict.NONE, Verdict.WRONG) and _is_before_remark(said.text, step):
        return Reading("right", text)
    match verdict:
        case Verdict.RIGHT:
            return Reading("right", text)
        case Verdict.TWO:
            return Reading("two", text)
        case Verdict.NONE:
            return Reading("wrong" if said.is_guess() else "talk", text)
        case Verdict.WRONG:
            return Reading("talk" if said.is_talk() else "wrong", text)


def _is_stated(said: Said, verdict: Verdict, step: Step) -> bool:
    """Whether what has the form of a question answers one: in full, with a clause or a reason."""
    is_whole = said.is_right_in_full or (step.answers and reason_in(said.text) != "")
    if verdict is Verdict.RIGHT and is_whole:
        return True
    is_named = verdict is Verdict.RIGHT or (step.choices and verdict is Verdict.WRONG)
    return bool(is_named) and (is_clause(said.text) or said.is_part_of_a_choice)


def command_in(text: str) -> str:
    """The name of the command that a cleaned text gives, or ""."""
    command = find_command(text)
    return command.name if command else ""


def is_help_wanted(reading: Reading) -> bool:
    """Whether the message asks for help, which is given at whatever step."""
    if reading.kind != "talk":
        return False
    return reading.error is not None or is_question(reading.text) or is_lost(reading.text)


def _command(message: str, text: str, step: Step) -> Command | None:
    if is_code_alone(message) or words_of(step).is_rival(text):
        return None
    return find_command(text)


def _judged(said: Said, step: Step) -> Verdict:
    """What the text says, or what is left of it without all that may go with an answer."""
    if is_taken_back(said.text, step.question):
        return Verdict.WRONG
    verdict = step.judge(said.text)
    if step.answers and (reason := reason_in(said.text)) and step.judge(reason) is Verdict.RIGHT:
        return Verdict.RIGHT
    if verdict in (Verdict.RIGHT, Verdict.TWO) or said.answer == said.text:
        return verdict
    told = step.judge(said.answer)
    return verdict if told is Verdict.NONE else told


def _is_plain(text: str, said: Said) -> bool:
    """Whether a number is no part of a sentence; in Chinese, that is one word."""
    return said.text == text and not is_question(text)


def _is_answered(text: str, step: Step) -> bool:
    """Whether the right answer stands alone behind a question: "What? Oh, it's 4."."""
    question, _, last = text.rstrip(" ?!.").rpartition("? ")
    return question != "" and step.judge(last) is Verdict.RIGHT and Said(last, step).is_answer()


def _is_before_remark(text: str, step: Step) -> bool:
    """Whether the right answer, in words or a choice, stands alone before what somebody says of
    himself: "the third one i tested it"."""
    tokens = read(text)
    keys = [token.key for token in tokens]
    at = next((start for start, _ in index("first_person").places(keys) if start), len(keys))
    if step.number is not None or not _is_remark(keys[at:], step):
        return False
    head = text[: tokens[at].start].rstrip(" ,.!")
    return step.judge(head) is Verdict.RIGHT and Said(head, step).is_answer()


def _is_remark(keys: Sequence[str], step: Step) -> bool:
    """Whether it takes nothing back that was before, and is no second answer: "i mean return"."""
    is_guess = index("guess").length_at(keys) > 0 or index("fillers").length_at(keys) > 1
    return (
        len(keys) >= _LEAST_REMARK
        and not is_guess
        and not index(*_TAKING_BACK).is_within(keys)
        and words_of(step).answers.isdisjoint(keys)
    )


def _is_sign(text: str, step: Step) -> bool:
    """Whether signs alone are an answer: where one is expected, or where they are code."""
    return is_code(text) or any(not words(answer) for answer in step.answers)


def _is_report(message: str) -> bool:
    """Whether more than an error's last line was pasted, which might be an answer."""
    return "Traceback" in message or "\n" in message.strip()
