"""Finds the error in a message: a pasted report of Python or IPython, or only its last line.

    Traceback (most recent call last):
      File "<stdin>", line 1, in <module>
    NameError: name 'price' is not defined

Each line is looked at once, with patterns that cannot go back over it: the time is linear.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from itertools import islice
from typing import Final

from .languages import built_in

__all__ = ["pasted_error"]

_COLOURS: Final = re.compile(r"\x1b?\[[\d;]{1,20}m")
"""Also without their first character, which some pages do not copy."""
_LINE: Final = re.compile(r"([A-Za-z_][\w.]{0,100}):(?:\s(.*))?")
_MARKS: Final = "`*|+- \t>"
"""What stands before a line of a report in Markdown, in a quotation, or in an ExceptionGroup."""
_HEAD: Final = "Traceback (most recent call last)"
_ENDINGS: Final = ("Error", "Exception", "Warning", "Group")
_OTHERS: Final = frozenset({"KeyboardInterrupt", "StopIteration", "SystemExit"})
_SUGGESTIONS: Final = (". Did you mean: ", ". Did you forget to import ")
"""What Python's reports add to a message."""
_SYNTAX: Final = frozenset({"SyntaxError", "IndentationError", "TabError", "_IncompleteInputError"})
_MENTION: Final = re.compile(r"Error[ \u00a0\u202f]?[:：]")
"""Also as French and Chinese set a colon."""
_SPACES: Final = " \t\u00a0\u202f`"
_NAME: Final = string.ascii_letters + string.digits + "_."
_MOST_NAME: Final = 100
_MOST_MESSAGE: Final = 1_000
_CLAUSE: Final = re.compile(r"[.,;)][ .,;?!]| [(–—]|[„“”«»「」『』。，；？！、（）]")
"""What may stand between a message and the rest of a sentence, in the languages of the tutor."""
_LOOKED_UP: Final = 15
"""Messages within sentences that are looked for in the table, which bounds the time."""


def pasted_error(text: str) -> tuple[str, str] | None:
    """The name and message of the error that is pasted in a text, or None.

    In a report of several errors the last one counts, as it does for Python. Within a sentence
    ("I get NameError: name 'x' is not defined") an error counts if the built-in table knows its
    message: "it's a TypeError: wrong type" is somebody's answer.
    """
    lines = _COLOURS.sub("", text).splitlines()
    reported, found = _HEAD in text, None
    for line in lines:
        if (error := _error(line.lstrip(_MARKS).rstrip("` *|\t"), reported)) is not None:
            found = error
            if found[0].endswith("Group"):
                break  # the errors of the group follow
    if found and reported:
        return found
    mentioned = _readings(*found) if found else _mentioned(lines)
    known = (error for error in islice(mentioned, _LOOKED_UP) if _is_known(*error))
    return next(known, found)


def _error(line: str, reported: bool) -> tuple[str, str] | None:
    """The error of a report's last line. Without a message it counts only in a report."""
    match = _LINE.fullmatch(line)
    name = _name(match[1] if match else line)
    if name is None or not (reported or (match and match[2] and name not in _ENDINGS)):
        return None
    return name, _as_raised(name, ((match and match[2]) or "").strip())


def _mentioned(lines: list[str]) -> Iterator[tuple[str, str]]:
    """The errors within lines: the name with a colon, and each message that may follow."""
    for line in lines:
        for mention in _MENTION.finditer(line):
            before = line[max(0, mention.start() - _MOST_NAME) : mention.start()]
            name = _name(before[len(before.rstrip(_NAME)) :] + "Error")
            if name is not None:
                yield from _readings(name, line[mention.end() : mention.end() + _MOST_MESSAGE])


def _readings(name: str, text: str) -> Iterator[tuple[str, str]]:
    """What of a text may be the error's message.

    The text without what is not ASCII at its end (Chinese that follows), then without the signs
    at its end, then its first clause.
    """
    text = text.strip()
    end = next((n for n in range(len(text), 0, -1) if text[n - 1].isascii()), 0)
    plain = text[:end].rstrip(_SPACES)
    clause = _CLAUSE.split(f"{text} ", maxsplit=1)[0].rstrip(_SPACES)
    for message in (plain, plain.rstrip(f"{_SPACES}?!.,;"), clause):
        yield name, _as_raised(name, message)


def _name(text: str) -> str | None:
    """The name of an error without its module, or None if it is none: ``json.JSONDecodeError``."""
    name = text.rpartition(".")[2]
    known = name.endswith(_ENDINGS) or name in _OTHERS
    return name if known and name.isidentifier() and not name[0].islower() else None


def _as_raised(name: str, message: str) -> str:
    """The message without what a report adds to it."""
    for suggestion in _SUGGESTIONS:
        message = message.partition(suggestion)[0]
    # IPython names the cell behind the message: "invalid syntax (<ipython-input-1>, line 1)".
    before, _, place = message.rpartition(" (")
    return before if name in _SYNTAX and ", line " in place else message


def _is_known(name: str, message: str) -> bool:
    return any(entry.names_message(name, message) for entry in built_in())
