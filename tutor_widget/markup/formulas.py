"""Mathematics in Markdown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from .code import TICKS

if TYPE_CHECKING:
    from markdown_it.rules_inline import StateInline

# As in the page: see `js/src/markdown/tex.ts`.
_MATHEMATICS: Final = re.compile(
    r"\\\(.{1,2000}?\\\)|\\\[.{1,2000}?\\\]|\$\$(?!\$).{1,2000}?\$\$"
    r"|(?<![A-Za-z0-9_])\$(?![\s$]|\.[A-Za-z])(?:(?P<call>\()|(?!\())(?:\\.|[^$\\]){0,2000}?(?<![\s$])\$"
    r"(?:(?=(?:th|st|nd|rd)\b)|(?![A-Za-z0-9_{]))(?(call)(?!\())",
    re.DOTALL,
)


def mathematics(state: StateInline, silent: bool) -> bool:
    """Keep TeX as it is written. Markdown would read its characters as markup."""
    found = _MATHEMATICS.match(state.src, state.pos, state.posMax)
    if found is None or _has_code(state, found):
        return False
    if not silent:
        state.push("code_inline", "code", 0).content = found[0]
    state.pos = found.end()
    return True


def _has_code(state: StateInline, formula: re.Match[str]) -> bool:
    """Whether a formula is none: between two `$` there is no code, and no end is within code."""
    if "`" not in formula[0]:
        return False
    is_dollar = formula[0][0] == "$" != formula[0][1]
    at = formula.start()
    while (run := TICKS.search(state.src, at, formula.end())) is not None:
        at = run.end()
        closing = _closing(state, run)
        if closing >= 0 and (is_dollar or closing >= formula.end()):
            return True
        at = max(at, closing + len(run[0]))
    return False


def _closing(state: StateInline, run: re.Match[str]) -> int:
    """The index of the run of backticks that closes `run`, or -1."""
    if state.env.get("source") is not state.src:
        last = {len(each[0]): each.start() for each in TICKS.finditer(state.src)}
        state.env.update(source=state.src, last=last)
    if state.env["last"].get(len(run[0]), -1) < run.end():
        return -1
    runs = TICKS.finditer(state.src, run.end())
    return next((each.start() for each in runs if len(each[0]) == len(run[0])), -1)
