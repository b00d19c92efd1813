"""Finds the error in a message: a pasted report of Python or IPython, or only its last line.

    Traceback (most recent call last):
      File "<stdin>", line 1, in <module>
    NameError: name 'price' is not defined

Each line is looked at once, with patterns that cannot go back over it: the time is linear.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

from .built_in import built_in

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
_MENTIONS: Final = 5
"""Errors within sentences that are looked for in the table, which bounds the time."""


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
    known = (error for error in islice(_mentioned(lines), _MENTIONS) if _is_known(*error))
    return found or next(known, None)


def _error(line: str, reported: bool) -> tuple[str, str] | None:
    """The error of a report's last line. Without a message it counts only in a report."""
    match = _LINE.fullmatch(line)
    name = _name(match[1] if match else line)
    if name is None or not (reported or (match and match[2] and name not in _ENDINGS)):
        return None
    return name, _as_raised(name, ((match and match[2]) or "").strip())


def _mentioned(lines: list[str]) -> Iterator[tuple[str, str]]:
    """The errors within lines: the name with a colon, and what follows."""
    for line in lines:
        before, colon, message = line.partition("Error: ")
        if colon and (name := _name(before.rpartition(" ")[2].lstrip("`'\"(") + "Error")):
            yield name, _as_raised(name, message.rstrip(" \t`?!"))


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
