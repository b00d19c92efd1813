"""What code a reply may contain. Pure.

``none``: none but names and what the question shows. ``examples``: at most `MOST_LINES` new lines
in all, and not the attached task's solution. ``any``: any. Lines that the learner or the question
has written count as no code of the reply.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from typing import Final, Literal

from ...lesson.code import is_code
from ...lesson.normal import tidy

__all__ = ["MOST_LINES", "Code", "CodePolicy"]

MOST_LINES: Final = 8
_SPAN: Final = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_STATEMENT: Final = re.compile(
    r"\s*(?:(?:def|class|for|while|if|elif|else|try|except|finally|with|return|import|from|print)\b"
    r".*[:()\w]\s*$|[\w.\[\]\"', ]{1,60}(?:[-+*/%]?=)(?!=)\s*\S.*$|[\w.]{1,60}\(.*\)\s*$"
    r"|(?:break|continue|pass)\s*$|else:\s*$)"
)
_DEFINED: Final = re.compile(r"\b(?:def|class)\s+([A-Za-z_]\w*)")
_CALLED: Final = re.compile(r"`([A-Za-z_]\w*)\(|\bfunction\s+`?([A-Za-z_]\w*)`?")
_OPEN: Final = re.compile(r"\bpass\b|\.\.\.|TODO|NotImplemented|___", re.IGNORECASE)
_LEAST_COPIED: Final = 2
_PAIR: Final = 2

CodePolicy = Literal["none", "examples", "any"]


class Code:
    """The code of one reply, as it arrives.

    ``attached`` is the learner's own code, or the task; ``shown`` are texts whose code is known.
    """

    def __init__(self, policy: CodePolicy, attached: str, shown: Iterable[str]) -> None:
        self._policy = policy
        texts = (attached, *shown)
        self._known = frozenset(_form(line) for text in texts for line in text.splitlines())
        self._spans = frozenset(_form(s) for text in texts for s in _SPAN.findall(text))
        self._task = frozenset(filter(None, map(_form, attached.splitlines())))
        self._names = frozenset(_DEFINED.findall(attached)).union(
            *(filter(None, pair) for pair in _CALLED.findall(attached))
        )
        self._new = 0
        self._run: list[str] = []
        """The last lines of code outside of any fence, one after the other."""
        self._is_first = True
        self._copied: set[str] = set()
        self._changed = 0

    def is_too_much(self, text: str, *, is_block: bool) -> bool:
        """Whether the next piece of the reply holds code that must not leave.

        ``is_block``: the piece stands in a fence; else lines that look like code count, and spans.
        """
        if self._policy == "any":
            return False
        if not is_block:
            self._copied, self._changed = set(), 0
        lines = [line for line in text.splitlines() if line.strip()]
        code = [line for line in lines if not _is_fence(line)] if is_block else self._loose(lines)
        new = [line for line in code if _form(line) not in self._known]
        self._new += _statements(new)
        if self._policy == "none":
            return bool(code if is_block else new) or self._has_spans(text)
        return self._new > MOST_LINES or self._is_solution(code)

    def _loose(self, lines: list[str]) -> list[str]:
        """The lines outside of a fence that are code: two in a row."""
        found: list[str] = []
        for line in lines:
            is_code_line = _STATEMENT.match(line) is not None and _is_python(line)
            self._run = [*self._run, line][-2:] if is_code_line else []
            if len(self._run) == _PAIR or ";" in "".join(self._run):
                found += self._run if self._is_first else [line]
                self._is_first = False
            elif not is_code_line:
                self._is_first = True
        return found

    def _has_spans(self, text: str) -> bool:
        """Whether a code span is more than a name, and not of the question."""
        spans = (span for span in _SPAN.findall(text) if _form(span) not in self._spans)
        return any(is_code(span) and not span.strip().isidentifier() for span in spans)

    def _is_solution(self, code: list[str]) -> bool:
        """Whether it does the attached task: defines what that names, or is its code, corrected."""
        if not self._task:
            return False
        text = "\n".join(code)
        named = self._names.intersection(_DEFINED.findall(text))
        if named and not _OPEN.search(text) and not self._known.issuperset(map(_form, code)):
            return True
        self._copied |= {_form(line) for line in code} & self._task
        self._changed += sum(_form(line) not in self._known for line in code)
        is_copy = len(self._copied) >= max(_LEAST_COPIED, len(self._task) / 2)
        return is_copy and self._changed > 0


def _form(line: str) -> str:
    return tidy(line.strip().strip("`").strip())


def _is_fence(line: str) -> bool:
    return line.strip(" \t>").startswith(("```", "~~~"))


def _statements(lines: list[str]) -> int:
    """How many lines it would be with one statement a line."""
    return sum(1 + line.count(";") for line in lines)


def _is_python(line: str) -> bool:
    bare = line.strip()
    heads = ("", "if 1:\n pass\n", "try:\n pass\n")
    for form in (bare, *(f"{head}{bare}\n pass" for head in heads)):
        try:
            ast.parse(form)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        return True
    return False
