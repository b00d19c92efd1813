"""Numbers in digits, in a text."""

from __future__ import annotations

from fractions import Fraction

import pytest

from tutor_widget.server.tutors.lesson.normal import clean
from tutor_widget.server.tutors.lesson.numbers import between, mentioned


def values(text: str) -> list[set[Fraction]]:
    return [set(mention.values) for mention in mentioned(clean(text))]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1 234,5", "1234.5"), ("1'234.5", "1234.5"), ("-1.234,75", "-1234.75"), ("1e3", "1000"),
        ("3 1/2", "7/2"), ("3½", "7/2"), ("2⅓", "7/3"), ("½", "1/2"), ("7/2", "7/2"),
        ("4k", "4000"), ("4K", "4000"), (".5", "0.5"), ("第7行", "7"), ("4th", "4"), ("= 4", "4"),
        ("4x", "4"),
    ],
)  # fmt: skip
def test_a_number_in_digits(text: str, number: str) -> None:
    """With thousands, a decimal mark, a fraction, a sign, and what stands beside it."""
    assert values(text) == [{Fraction(number)}]


def test_a_mark_that_may_mean_two_things_means_both() -> None:
    """Thousands, or a fraction."""
    assert values("1,234") == [{Fraction(1234), Fraction("1.234")}]
    assert values("20 10/2") == [{Fraction(20)}, {Fraction(5)}]


@pytest.mark.parametrize("text", ["python3", "n42", "utf8", "1/0", "12e999999999", "9" * 90])
def test_digits_that_are_no_number(text: str) -> None:
    """In a name, divided by zero, or too many."""
    assert values(text) == []


def test_a_percentage_is_marked() -> None:
    """By its sign or a word; the remainder's sign is none."""
    for text in ("50 %", "50%", "50 percent", "fifty per cent", "50 Prozent", "50 pour cent"):
        (mention,) = mentioned(clean(text))
        assert mention.is_percent
        assert (min(mention.values), mention.end) == (Fraction(50), len(text))
    assert [mention.is_percent for mention in mentioned("5 % 2")] == [False, False]


def test_a_pronoun_is_unsure_and_counts_beside_no_number() -> None:
    """ "One", and what is a number in one language and another word in the next."""
    assert [mention.is_unsure for mention in mentioned("one moment")] == [True]
    assert values("4 is the last one") == [{Fraction(4)}]
    assert values("one or 2") == [{Fraction(1)}, {Fraction(2)}]


def test_what_is_between_numbers() -> None:
    """The text without them."""
    text = "it is 4, not minus five"
    assert between(text, mentioned(text)).split() == ["it", "is", ",", "not"]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("是-2", [-2]), ("等于-3", [-3]), ("答案是 -4", [-4]), ("三-2", [3, 2]), ("5-2", [5, 2])],
)
def test_a_minus_sign_behind_chinese(text: str, numbers: list[int]) -> None:
    """Words stand without spaces there; behind a number, it subtracts."""
    assert [int(min(found)) for found in values(text)] == numbers
