"""Runs the code, and reproduces the error reports, that stand in the questions of lessons."""

from __future__ import annotations

import ast
import builtins
import re
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

__all__ = [
    "Frame", "Run", "Session", "cell_lines", "reproduced", "run", "run_session", "syntax_error",
]  # fmt: skip

_MANY: Final = 1000  # a program that has printed so many lines does not end
_FRAME: Final = re.compile(r'  File "([^"]+)", line (\d+), in (\S+)')


@dataclass(slots=True)
class Run:
    """What happened when some code was run. ``report`` is the last line of its traceback."""

    output: str = ""
    value: object = None
    error: str | None = None
    report: str = ""
    finished: bool = True
    names: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Frame:
    """One call of a traceback."""

    file: str
    line: int
    function: str


@dataclass(frozen=True, slots=True)
class Session:
    """An interactive session that an error ends: its first and last input, and its report."""

    first: str
    last: str
    report: str
    run: Run


class _Endless(BaseException):
    """The program prints for ever."""


def run(code: str) -> Run:
    """Run the code in names of its own. If its last line is an expression, that is the value."""
    result, lines = Run(), list[str]()

    def show(*values: object) -> None:
        lines.append(" ".join(map(str, values)) + "\n")
        if len(lines) > _MANY:
            raise _Endless

    result.names = {"__name__": "__main__", "print": show}
    try:
        _execute(code, result)
    except _Endless:
        result.finished = False
    except Exception as error:  # noqa: BLE001 - any error of the lesson's code
        result.error, result.report = type(error).__name__, _last_line(error)
    result.output = "".join(lines)
    return result


def run_session(block: str) -> Session:
    """Run the lines after ``>>>``. The report in the block's last line must be Python's own."""
    inputs = [line[4:] for line in block.splitlines() if line.startswith(">>> ")]
    before = run("\n".join(inputs[:-1]))
    report = run("\n".join(inputs)).report
    assert report == block.splitlines()[-1], report
    return Session(inputs[0], inputs[-1], report, before)


def reproduced(block: str) -> list[Frame]:
    """The calls of a traceback, after a program that has its lines has made the same report."""
    lines = block.splitlines()
    shown = [(_frame(line), lines[place + 1].strip()) for place, line in enumerate(lines)
             if _FRAME.fullmatch(line)]  # fmt: skip
    file = shown[0][0].file
    error = _error_of(_program(shown), file)
    frames = [
        Frame(call.filename, call.lineno or 0, call.name)
        for call in traceback.extract_tb(error.__traceback__)
        if call.filename == file
    ]
    assert frames == [frame for frame, _ in shown]
    assert _last_line(error) == lines[-1]
    return frames


def cell_lines(block: str) -> list[str]:
    """The lines of code in an IPython traceback, without their numbers."""
    found = (re.fullmatch(r"(?:-+>|\s+) ?\s*\d+ (.*)", line) for line in block.splitlines())
    return [line[1] for line in found if line]


def syntax_error(code: str) -> str | None:
    """The last line of the report if the code cannot be compiled, else None."""
    try:
        compile(code, "<cell>", "exec")
    except SyntaxError as error:
        return _last_line(error)
    return None


def _execute(code: str, result: Run) -> None:
    tree = ast.parse(code)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "<step>", "exec"), result.names)
    if isinstance(last, ast.Expr):
        result.value = eval(compile(ast.Expression(last.value), "<step>", "eval"), result.names)


def _error_of(source: str, file: str) -> Exception:
    try:
        exec(compile(source, file, "exec"), {"__name__": "__main__"})
    except Exception as error:  # noqa: BLE001 - any error of the lesson's code
        return error
    raise AssertionError(f"This program ends without an error:\n{source}")


def _last_line(error: Exception) -> str:
    """The last line of its report, without the suggestions that newer versions of Python add."""
    text = error.msg if isinstance(error, SyntaxError) else error
    return f"{type(error).__name__}: {text}"


def _frame(line: str) -> Frame:
    found = _FRAME.fullmatch(line)
    assert found is not None
    return Frame(found[1], int(found[2]), found[3])


def _program(shown: list[tuple[Frame, str]]) -> str:
    """A program with the shown lines in their places, and what they need in order to run."""
    functions = {frame.function for frame, _ in shown}
    source = [""] * max(frame.line for frame, _ in shown)
    for frame, code in shown:
        if frame.function == "<module>":
            source[frame.line - 1] = code
        else:
            parameters = ", ".join(_unknown(code, functions))
            source[frame.line - 2] = f"def {frame.function}({parameters}):"
            source[frame.line - 1] = f"    {code}"
    return "\n".join(source)


def _unknown(code: str, functions: set[str]) -> Mapping[str, None]:
    names = (node.id for node in ast.walk(ast.parse(f"def _():\n {code}"))
             if isinstance(node, ast.Name))  # fmt: skip
    return dict.fromkeys(
        name for name in names if name not in functions and not hasattr(builtins, name)
    )
