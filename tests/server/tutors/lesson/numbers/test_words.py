"""Numbers in words of every language."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest

from tests.support.growth import cost
from tests.support.spelt_numbers import SPELT
from tutor_widget.server.tutors.lesson.normal import clean
from tutor_widget.server.tutors.lesson.numbers import mentioned
from tutor_widget.server.tutors.lesson.phrases import LANGUAGES


def only(text: str) -> Fraction | None:
    """The number that the whole text is; None if it is none, or more than one."""
    found = mentioned(clean(text))
    is_whole = len(found) == 1 and (found[0].start, found[0].end) == (0, len(clean(text)))
    return min(found[0].values) if is_whole and len(found[0].values) == 1 else None


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_number_is_read_as_it_is_written_out(language: str) -> None:
    """All below 300, and a sample up to 9,999. "Once" is eleven in Spanish, and one in English."""
    spell = SPELT[language]
    numbers = [*range(300), *random.Random(5).sample(range(300, 10_000), 700)]
    unlike = {n: text for n in numbers if (text := spell(n)) != "once" and only(text) != n}
    assert unlike == {}
    assert mentioned("once")[0].values == {Fraction(1), Fraction(11)}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("a hundred", 100), ("hundert", 100), ("cent", 100), ("mil", 1000), ("zwölfhundert", 1200),
        ("twenty five", 25), ("ONE HUNDRED AND FIVE", 105), ("four million", 4_000_000),
        ("1.5 million", 1_500_000), ("4 thousand", 4000), ("4千", 4000), ("septante et un", 71),
        ("dreissig", 30), ("两千五百", 2500), ("一百五", 150), ("一百零五", 105),
        ("一万二", 12_000),
    ],
)  # fmt: skip
def test_other_forms_of_numbers(text: str, number: int) -> None:
    """Hundreds without a count, digits before a power of ten, words of a region."""
    assert only(text) == number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("half", "1/2"), ("three quarters", "3/4"), ("one third", "1/3"), ("drei Viertel", "3/4"),
        ("two and a half", "5/2"), ("2 and a half", "5/2"), ("zweieinhalb", "5/2"),
        ("anderthalb", "3/2"), ("deux et demi", "5/2"), ("trois quarts", "3/4"),
        ("dos y medio", "5/2"), ("四分之三", "3/4"), ("二又二分之一", "5/2"), ("百分之五十", "1/2"),
        ("three point two five", "3.25"), ("drei Komma fünf", "3.5"), ("三点五", "3.5"),
        ("trois virgule cinq", "3.5"), ("minus seven point five", "-7.5"), ("-four", "-4"),
        ("negative two", "-2"), ("moins sept", "-7"), ("负七", "-7"), ("menos siete", "-7"),
    ],
)  # fmt: skip
def test_fractions_and_signs(text: str, number: str) -> None:
    """In words, as well as in digits."""
    assert only(text) == Fraction(number)


@pytest.mark.parametrize(
    "text",
    ["", "a", "and", "third", "the", "point", "分之", "tenant", "someone", "hundreds", "everyone"],
)
def test_what_is_no_number(text: str) -> None:
    """Words of numbers alone, and words that hold one."""
    assert mentioned(clean(text)) == []


def test_numbers_side_by_side_stay_apart() -> None:
    """Each is as long as it can be."""
    for text, numbers in {
        "one or two": [1, 2], "twenty, one": [20, 1], "five and three": [5, 3],
        "four cents": [4], "six six": [6, 6],
    }.items():  # fmt: skip
        assert [min(mention.values) for mention in mentioned(text)] == numbers


def test_reading_numbers_takes_linear_time() -> None:
    """A message full of them takes no more than ten times one of a tenth of its length."""
    for piece in ("one ", "hundred ", "neunzig", "and ", "一", "1 ", "point "):
        short, long = (_seconds(piece * (size // len(piece))) for size in (100, 1000))
        assert long <= 20 * short, piece


def _seconds(text: str) -> float:
    return cost(lambda: mentioned(text))
