"""How messages with placeholders match, and how long that takes."""

from __future__ import annotations

import pytest

from tests.support.growth import cost
from tutor_widget.server.tutors.lesson.errors.pattern import Pattern


@pytest.mark.parametrize(
    ("pattern", "message", "values"),
    [
        ("boom", "boom", {}),
        ("{what}", "any thing", {"what": "any thing"}),
        ("name '{n}' is not defined", "name 'x' is not defined", {"n": "x"}),
        ("{a} and {b}", "x and y and z", {"a": "x", "b": "y and z"}),
        ("{a} and {b}.", "x and y.z.", {"a": "x", "b": "y.z"}),
        ("{a}{b}", "xyz", {"a": "x", "b": "yz"}),
        ("call to '{n}'. Mean {n}(...)?", "call to 'f'. Mean f(...)?", {"n": "f"}),
        ("{n} {n}", "a b a b", None),
        ("a {n} c", "a b\nb c", {"n": "b\nb"}),
        ("boom", "boom!", None),
        ("boom", "", None),
        ("{what}", "", None),
        ("'{n}' is", "'' is", None),
        ("{a}b", "ab b", {"a": "ab "}),
        ("{a} x {b} x", "1 x 2 x", {"a": "1", "b": "2"}),
        ("{a} x {b} x", "1 x 2", None),
        ("{a}x", "x", None),
        ("({a})", "(b", None),
        ("(.*) {a}", "(.*) b", {"a": "b"}),
    ],
)
def test_a_placeholder_ends_where_the_next_text_begins(
    pattern: str, message: str, values: dict[str, str] | None
) -> None:
    """It stands for one character or more; one that occurs again for the same text."""
    assert Pattern.of(pattern).match(message) == values


@pytest.mark.parametrize(
    ("part", "message"), [("{%s}x", "x"), ("{%s}", "x"), ("{%s} () missing ", " () missing ")]
)
def test_the_time_grows_with_pattern_and_message(part: str, message: str) -> None:
    """With four times the placeholders and text it takes at most eight times as long."""

    def seconds(n: int) -> float:
        names = ["a" * (1 + i // 26) + chr(97 + i % 26) for i in range(n)]
        pattern = Pattern.of("".join(part % name for name in names) + "!")

        def match() -> None:
            for _ in range(10):
                assert pattern.match(message * 20 * n) is None

        return cost(match)

    assert seconds(400) <= 8 * seconds(100)
