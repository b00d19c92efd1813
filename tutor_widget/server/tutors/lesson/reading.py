"""What a message is: an answer, a command, or talk. The step decides what an answer is.

In this order: what is exactly a right answer; a command; a question or other talk; an answer in a
sentence. Talk never costs anything, so what is no answer for sure is talk at a step that asks for a
number or a choice; at a step that asks for words, a statement is an answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from .catalogue import Step
from .code import is_code
from .errors import pasted_error
from .judge import Verdict, says
from .normal import clean, tidy, words
from .phrases import vocabulary

__all__ = ["Reading", "command_in", "is_help_wanted", "read_message"]

Kind = Literal["right", "wrong", "two", "command", "talk"]
_FEWEST_LETTERS: Final = 3
"""Different letters of a word that is a guess: "hahaha" and "zzzz" are none."""
_MOST_COMMAND: Final = 9
"""Words of a command at most, with all that is polite."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a message is. ``command`` names it; ``error`` is a pasted one's name and message."""

    kind: Kind
    text: str = ""
    command: str = ""
    error: tuple[str, str] | None = None


def read_message(message: str, step: Step) -> Reading:
    """Read a learner's message at this step."""
    text = clean(message)
    if letter := step.chosen(text):
        return Reading("right" if letter == step.correct else "wrong", text)
    if step.is_exactly(text):
        return Reading("right", text)
    if command := command_in(text):
        return Reading("command", text, command)
    verdict = step.judge(text)
    error = pasted_error(message)
    if error is not None and (verdict is not Verdict.RIGHT or _is_report(message)):
        return Reading("talk", text, error=error)
    if not words(text) and verdict is not Verdict.RIGHT:
        return Reading("wrong" if _is_sign(text, step) else "talk", text)
    if is_question(text):
        return Reading("talk", text)
    match verdict:
        case Verdict.RIGHT:
            return Reading("right", text)
        case Verdict.TWO:
            return Reading("two", text)
        case Verdict.NONE:
            return Reading("wrong" if is_guess(text) else "talk", text)
        case Verdict.WRONG:
            return Reading("talk" if _is_talk(text, step) else "wrong", text)


def command_in(text: str) -> str:
    """The command that a cleaned text gives, or ""."""
    known = vocabulary()
    plain = tidy(text).casefold().strip("'*_.!?,:;()~ ¿¡")
    while plain and not plain[-1].isalnum():
        plain = plain[:-1].rstrip()
    if (name := known.commands.get(plain)) is not None:
        return name
    given = words(plain)
    if not 0 < len(given) <= _MOST_COMMAND:
        return ""
    polite = known.words["polite"]
    rest = [word for word in given if word not in polite]
    if rest and rest != given and (name := known.commands.get(" ".join(rest))) is not None:
        return name
    names = {known.commands.get(word) for word in rest}
    if rest and len(names) == 1 and None not in names:
        return names.pop() or ""
    held = f" {' '.join(given)} "
    for form, name in known.commands.items():
        if " " in form and len(form) > 7 and f" {form} " in held:
            # "I don't know what rings are" asks something.
            asked = held.partition(f" {form} ")[2].partition(" ")[0]
            return "" if asked in known.words["question"] else name
    if plain[:1] >= "\u4e00" and len(plain) <= 10:
        for form in sorted(known.commands, key=len, reverse=True):
            if form[0] >= "\u4e00" and len(form) > 1 and form in plain:
                return known.commands[form]
    last = plain.rpartition(", ")[2]
    if last != plain and last in known.commands:
        return known.commands[last]
    if len(given) == 1 and len(plain) >= 4:
        return _misspelt(plain)
    return ""


def _misspelt(word: str) -> str:
    """The command of which two neighbouring letters are swapped, or one is doubled."""
    for form, name in vocabulary().commands.items():
        if form[0] != word[0] or len(form) < 4 or " " in form:
            continue
        is_swapped = len(form) == len(word) and sorted(form) == sorted(word)
        is_doubled = len(word) == len(form) + 1 and any(
            word[n] == word[n + 1] and word[:n] + word[n + 1 :] == form for n in range(len(form))
        )
        if is_swapped or is_doubled:
            return name
    return ""


def is_question(text: str) -> bool:
    """Whether it asks the tutor something. "Is it 8?" is an answer."""
    lower = text.casefold().lstrip("¿¡ ")
    for opening in (
        "but ",
        "ok ",
        "okay ",
        "so ",
        "and ",
        "aber ",
        "pero ",
        "mais ",
        "hey ",
        "wait ",
    ):
        lower = lower.removeprefix(opening)
    known = vocabulary()
    kinds = known.words["question"]
    first = words(lower)[:4]
    starts = {" ".join(first[:count]) for count in range(1, 5)}
    if starts & kinds:
        return len(words(lower)) > 1 or "?" in text or len(text) < 12
    if any(word >= "\u4e00" and word in text for word in kinds):
        return True
    fillers = known.words["fillers"]
    if len(first) > 2 and first[0] in known.words["asks"] and " ".join(first[:2]) not in fillers:
        return True
    return text.rstrip().endswith("?") and says(text, "question")


def is_help_wanted(reading: Reading) -> bool:
    """Whether the message asks for help, which is given at whatever step."""
    if reading.kind != "talk":
        return False
    text = reading.text
    return reading.error is not None or is_question(text) or says(text, "unknown")


def _is_talk(text: str, step: Step) -> bool:
    """Whether a text that is no right answer is not meant as one."""
    own = words(" ".join((*step.choices, *step.answers)))
    if says(text, "unknown") or says(text, "talk", but=own):
        return True
    if step.number is not None or step.choices:
        return False
    if _is_empty(text):
        return True
    if text.endswith("?") and len(words(text)) > 2 and not _is_asked_back(text):
        return True
    head = text.partition(", ")[0]
    return says(head, "persons", but=words(" ".join(step.answers))) and not says(text, "guess")


def _is_empty(text: str) -> bool:
    """Whether the words say nothing. A letter may be a choice."""
    fillers = vocabulary().words["fillers"]
    return len(text) > 1 and all(word in fillers for word in words(text))


def _is_asked_back(text: str) -> bool:
    """Whether it begins as "is it" does: an answer, with a question mark."""
    return " ".join(words(text)[:2]) in vocabulary().words["fillers"]


def is_guess(text: str) -> bool:
    """Whether a text without any of the step's answers is one all the same: a single word."""
    given = [word for word in words(text) if word not in vocabulary().words["fillers"]]
    if len(given) != 1 or len(given[0]) < 4 or not given[0].isascii():
        return False
    if len(set(given[0])) < _FEWEST_LETTERS:
        return False
    return not (says(text, "talk") or says(text, "unknown"))


def _is_sign(text: str, step: Step) -> bool:
    """Whether signs alone are an answer: where one is expected, or where they are code."""
    return is_code(text) or any(not words(answer) for answer in step.answers)


def _is_report(message: str) -> bool:
    """Whether more than an error's last line was pasted, which might be an answer."""
    return "Traceback" in message or "\n" in message.strip()
