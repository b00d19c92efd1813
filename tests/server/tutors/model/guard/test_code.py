"""How much code a reply may hold."""

from __future__ import annotations

import pytest

from tests.support.guarding import guard_at, is_held, shown

EIGHT = "```python\n" + "".join(f"pets_{n} = {n}\n" for n in range(8)) + "```\n"
NINE = EIGHT.replace("```python\n", "```python\ncats = 1\n")
TASK = "def mean(values):\n    # your task: give back the mean of the values\n    ...\n"
SOLVED = "```python\ndef mean(values):\n    return sum(values) / len(values)\n```\n"
BUGGY = "total = 0\nfor n in values:\n    totl = total + n\nprint(total)\n"


def test_eight_lines_are_an_example() -> None:
    """By default a reply may hold eight lines of code, and not nine."""
    assert shown(guard_at(None), EIGHT) == EIGHT
    assert is_held(guard_at(None), NINE, "code")


def test_the_lines_of_a_reply_count_together() -> None:
    """Two blocks of five lines are ten lines, and statements on one line are as many lines."""
    block = "```python\n" + "".join(f"a_{n} = {n}\n" for n in range(5)) + "```\n"
    assert is_held(guard_at(None), f"{block}\nand\n\n{block}", "code")
    assert is_held(guard_at(None), "```python\n" + "a = 1; " * 9 + "\n```\n", "code")


def test_code_outside_of_a_fence_counts() -> None:
    """Lines that are code are code without a fence, too."""
    assert is_held(guard_at(None), NINE.replace("```python\n", "").replace("```\n", ""), "code")


def test_the_learners_own_lines_do_not_count() -> None:
    """A reply may quote the code that came with the question."""
    lines = "".join(f"line_{n} = {n}\n" for n in range(12))
    text = f"```python\n{lines}```\n"
    assert shown(guard_at(None, attached=lines), text) == text


def test_any_code_may_be_allowed() -> None:
    """A course may allow any code."""
    assert shown(guard_at(None, "any", attached=TASK), NINE + SOLVED) == NINE + SOLVED


@pytest.mark.parametrize("text", [EIGHT, "Write `sum(values) / len(values)` there."])
def test_no_code_may_be_allowed(text: str) -> None:
    """A course may allow none: neither blocks nor expressions."""
    assert is_held(guard_at(None, "none"), text, "code")


def test_names_are_no_code() -> None:
    """Where no code is allowed, names and what the question shows may be said all the same."""
    text = "Use `len`, and look at `scores`."
    assert shown(guard_at(None, "none"), text) == text


@pytest.mark.parametrize(
    ("attached", "text"),
    [
        (TASK, SOLVED),
        ("Write a function `mean(values)`.", SOLVED),
        (BUGGY, "```python\n" + BUGGY.replace("totl", "total") + "```\n"),
    ],
)
def test_the_attached_task_is_not_solved(attached: str, text: str) -> None:
    """A reply neither defines what the task asks for, nor is the learner's code, corrected."""
    assert is_held(guard_at(None, attached=attached), text, "code")


def test_the_attached_task_may_be_repeated() -> None:
    """The task itself, with its gap, and examples of something else leave."""
    text = f"```python\n{TASK}```\nCompare:\n```python\ndef double(x):\n    return 2 * x\n```\n"
    assert shown(guard_at(None, attached=TASK), text) == text
