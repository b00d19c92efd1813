"""Finds the error in a message: a pasted report of Python or IPython, or only its last line.

    Traceback (most recent call last):
      File "<stdin>", line 1, in <module>
    NameError: name 'price' is not defined

Each line is looked at once, with a pattern that cannot go back over it: the time is linear.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["pasted_error"]

_COLOURS: Final = re.compile(r"\x1b\[[\d;]{0,20}m")
_LINE: Final = re.compile(r"([A-Za-z_][\w.]{0,100}):(?:\s(.*))?")
_MARKS: Final = "`*|+- \t>"
"""What stands around a line of a report in Markdown, in a quotation, or in an ExceptionGroup."""
_ENDINGS: Final = ("Error", "Exception", "Warning", "Group")
_OTHERS: Final = frozenset({"KeyboardInterrupt", "StopIteration", "SystemExit", "GeneratorExit"})
_HEAD: Final = "Traceback (most recent call last)"
_SUGGESTIONS: Final = (". Did you mean: ", ". Did you forget to import ")
"""What Python's reports add to a message."""
_SYNTAX: Final = frozenset({"SyntaxError", "IndentationError", "TabError", "_IncompleteInputError"})


def pasted_error(text: str) -> tuple[str, str] | None:
    """The name and message of the error that is pasted in a text, or None.

    In a report of several errors the last one counts, as it does for Python.
    """
    reported = _HEAD in text
    found = None
    for line in _COLOURS.sub("", text).splitlines():
        if (error := _error(line.strip(_MARKS), reported)) is not None:
            found = error
            if found[0].endswith("Group"):
                break  # the errors of the group follow
    return found


def _error(line: str, reported: bool) -> tuple[str, str] | None:
    """The error of a report's last line. Without a message it counts only in a report."""
    match = _LINE.fullmatch(line)
    name = (match[1] if match else line).rpartition(".")[2]
    if not _is_error(name) or not (match or reported):
        return None
    message = (match[2] or "") if match else ""
    return name, _as_raised(name, message.strip())


def _is_error(name: str) -> bool:
    known = name.endswith(_ENDINGS) or name in _OTHERS
    return known and name.isidentifier() and not name[0].islower()


def _as_raised(name: str, message: str) -> str:
    """The message without what a report adds to it."""
    for suggestion in _SUGGESTIONS:
        message = message.partition(suggestion)[0]
    # IPython names the cell behind the message: "invalid syntax (<ipython-input-1>, line 1)".
    before, _, place = message.rpartition(" (")
    return before if name in _SYNTAX and ", line " in place else message
