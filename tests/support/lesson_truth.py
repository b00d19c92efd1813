"""What Python itself says about the answers to a step of the built-in lessons.

The code of the question is run, and an answer is compared with what it printed, with the value of
its last line, with the value of the last name that the question mentions, or with the error that
stopped it. `SPECIAL` names the steps that ask for something else, by lesson and number.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

from tests.support.code_runs import (
    Run,
    cell_lines,
    reproduced,
    run,
    run_session,
    syntax_error,
)

__all__ = ["NoRule", "code_blocks", "inline_code", "truth"]

Table = Mapping[str, Any]
Truth = Callable[[str], bool]
_FENCE: Final = "```"
_AND: Final = re.compile(r" (?:and|und|y|et|和) ")
_COLON: Final = (":", "colon", "Doppelpunkt", "dos puntos", "deux-points", "deux points", "冒号")


class NoRule(Exception):
    """No rule says how Python would answer this step."""


def truth(name: str, number: int, step: Table) -> Truth:
    """How Python judges answers to step ``number`` (from 1) of the lesson ``name``.

    Raises NoRule if nothing can be derived from the question.
    """
    if (name, number) in SPECIAL:
        return SPECIAL[name, number](step)
    if "choices" in step:
        return lambda answer: _choice_truth(name, number, step, answer)
    result = run(_code(step))
    if result.value is not None:
        return _gives(result.value)
    if result.output:
        return _gives(_read(result.output))
    return _gives(_mentioned(step, result))


def _choice_truth(name: str, number: int, step: Table, letter: str) -> bool:
    """Whether what the choice with this letter says happens when the code of the step is run."""
    result, text = run(_code(step)), step["choices"]["ABCDEFGH".index(letter)]
    if (name, number, letter) in CLAIMS:
        return CLAIMS[name, number, letter](result)
    said = inline_code(text)
    if not said:
        raise NoRule(f"{name}, step {number}, choice {letter}: {text}")
    if said[0].endswith("Error"):
        return result.error == said[0]
    return result.finished and result.output == "".join(f"{line}\n" for line in said)


def code_blocks(text: str) -> list[str]:
    """The contents of the fenced blocks of a Markdown text."""
    return [part.partition("\n")[2].rstrip("\n") for part in text.split(_FENCE)[1::2]]


def inline_code(text: str) -> list[str]:
    """What stands in single backticks outside the fenced blocks."""
    return "".join(text.split(_FENCE)[::2]).split("`")[1::2]


def _code(step: Table) -> str:
    blocks = code_blocks(step["question"])
    if not blocks:
        raise NoRule(step["question"])
    return blocks[-1]


def _mentioned(step: Table, result: Run) -> object:
    """The value of the last inline code of the question that has one."""
    for code in reversed(inline_code(step["question"])):
        with suppress(Exception):
            return eval(code, dict(result.names))
    raise NoRule(step["question"])


def _read(text: str) -> object:
    try:
        return ast.literal_eval(text.strip())
    except (SyntaxError, ValueError):
        return text.strip()


def _gives(value: object) -> Truth:
    """True for an answer that is this value, as Python or people write it."""

    def judge(answer: str) -> bool:
        read = _read(_AND.sub(", ", answer))
        if isinstance(value, list):
            words = all(isinstance(entry, str) for entry in value) and answer == ", ".join(value)
            same = list(read) == value if isinstance(read, list | tuple) else False
            return words or same
        return type(read) is type(value) and read == value

    return judge


def _length(step: Table) -> Truth:
    value = _mentioned(step, run(_code(step)))
    assert isinstance(value, list)
    return _gives(len(value))


def _holds(reference: Callable[[Any, list[str]], bool]) -> Callable[[Table], Truth]:
    """An expression with the value of ``reference`` in each of the step's cases."""

    def rule(step: Table) -> Truth:
        said = inline_code(step["question"])

        def judge(answer: str) -> bool:
            values = [(_evaluated(answer, case), case) for case in step["cases"]]
            return all(
                value is reference(next(iter(case.values())), said) for value, case in values
            )

        return judge

    return rule


def _evaluated(code: str, names: Mapping[str, object]) -> object:
    try:
        return eval(code, dict(names))
    except Exception as error:  # noqa: BLE001 - a learner's code may fail in any way
        return error


def _line_with_the_error(step: Table) -> Truth:
    """The choices are the lines of the report. The right one begins with the kind of error."""
    lines = _code(step).splitlines()
    reproduced(_code(step))
    assert len(lines) == len(step["choices"])
    (kind,) = [place for place, line in enumerate(lines) if re.match(r"\w+Error:", line)]
    return lambda answer: "ABCDEFGH".index(answer) == kind


def _corrected_line(step: Table) -> Truth:
    first, marked = cell_lines(_code(step))
    broken = run(f"{first}\n{marked}")
    assert broken.report == _code(step).splitlines()[-1]

    def judge(answer: str) -> bool:
        result = run(f"{first}\n{answer}")
        value = first.partition("=")[2].strip()
        return result.error is None and result.output == f"{value}\n"

    return judge


def _right_operand(step: Table) -> Truth:
    session = run_session(_code(step))
    expression = ast.parse(session.last, mode="eval").body
    assert isinstance(expression, ast.BinOp)
    kind = type(ast.literal_eval(expression.right))
    names = {kind.__name__, "integer"}
    return lambda answer: answer == repr(kind) or len(names.intersection(answer.split())) == 1


def _missing_character(step: Table) -> Truth:
    line = _code(step).splitlines()[1].strip()
    assert syntax_error(line) == _code(step).splitlines()[-1]

    def judge(answer: str) -> bool:
        character = ":" if any(word in answer for word in _COLON) else answer
        return syntax_error(f"{line}{character} pass") is None

    return judge


def _last_function(step: Table) -> Truth:
    functions = [frame.function for frame in reproduced(_code(step))]
    return lambda answer: set(re.findall(r"\w+", answer)) & set(functions) == {functions[-1]}


def _meant_key(step: Table) -> Truth:
    session = run_session(_code(step))
    table = ast.literal_eval(session.first.partition("=")[2].strip())
    missing = session.report.partition("'")[2].rstrip("'")
    (meant,) = [key for key in table if key.casefold() == missing.casefold()]
    target = session.last.partition("[")[0]
    return lambda answer: answer in {meant, f'"{meant}"', f"'{meant}'", f'{target}["{meant}"]'}


def _misspelt_module(step: Table) -> Truth:
    (message,) = code_blocks(step["question"])
    module = message.split("'")[1]
    assert run(f"import {module}").report == message
    return lambda answer: answer == "B"


SPECIAL: Final[Mapping[tuple[str, int], Callable[[Table], Truth]]] = {
    ("lists", 1): _length,
    ("lists", 7): _holds(
        lambda shopping, said: any(entry == ast.literal_eval(said[0]) for entry in shopping)
    ),
    ("reading-errors", 1): _line_with_the_error,
    ("reading-errors", 2): lambda step: _gives(reproduced(_code(step))[-1].line),
    ("reading-errors", 3): _corrected_line,
    ("reading-errors", 4): _right_operand,
    ("reading-errors", 5): _missing_character,
    ("reading-errors", 6): _last_function,
    ("reading-errors", 7): lambda step: _gives(reproduced(_code(step))[0].line),
    ("reading-errors", 8): _meant_key,
    ("reading-errors", 9): lambda step: _gives(_mentioned(step, run_session(_code(step)).run)),
    ("reading-errors", 10): _misspelt_module,
    ("loops", 1): lambda step: _gives(len(run(_code(step)).output.splitlines())),
    ("loops", 9): _holds(lambda n, said: n in range(0, 100, 2)),
    ("writing-functions", 3): lambda step: _gives(_mentioned(step, run(_code(step)))),
    ("writing-functions", 10): _holds(lambda age, said: age in {13, 14, 15, 16, 17, 18, 19}),
}

#: What a choice without code claims of the run.
CLAIMS: Final[Mapping[tuple[str, int, str], Callable[[Run], bool]]] = {
    ("lists", 4, "C"): lambda result: result.output == "\n",
    ("loops", 7, "A"): lambda result: result.finished and result.output == "3\n",
    ("loops", 7, "B"): lambda result: result.finished and result.output == "3\n2\n1\n",
    ("loops", 7, "C"): lambda result: not result.finished and set(result.output) == {"3", "\n"},
    ("loops", 7, "D"): lambda result: not result.output,
    ("writing-functions", 2, "B"): lambda result: result.error is None and not result.output,
    ("writing-functions", 2, "C"): lambda result: result.error is not None,
    ("writing-functions", 6, "D"): lambda result: result.output == "\n",
}
