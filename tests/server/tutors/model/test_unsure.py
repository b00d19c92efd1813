"""The line with which a model says that it is not sure, and what is left without it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.growth import cost
from tutor_widget.server.tutors.model.unsure import ASKED, Unsure

SAID = "What have you tried?"
MARKERS = [
    "[[UNSURE]]", "[[unsure]]", "[UNSURE]", "**[[UNSURE]]**", "`[[UNSURE]]`", "[[UNSURE]].",
    "[[ UNSURE ]]", "【UNSURE】", "［［UNSURE］］",
    r"\[\[UNSURE\]\]", "[[unsicher]]", "[[INSEGURO]]",
    "[[incertain]]", "[[不确定]]", "UNSURE", "**Unsure.**", "> [[UNSURE]]", "- unsure",
]  # fmt: skip


def filtered(*pieces: str) -> tuple[str, bool]:
    unsure = Unsure()
    text = "".join([*map(unsure.take, pieces), unsure.end()])
    return text, unsure.found


@pytest.mark.parametrize("marker", MARKERS)
@pytest.mark.parametrize("end", ["", "\n", "\n\n  \n"])
def test_the_line_is_found_and_taken_out(marker: str, end: str) -> None:
    """As models write it: in Markdown, in other brackets, translated, without brackets."""
    text, found = filtered(f"{SAID}\n\n{marker}{end}")
    assert (text.strip(), found) == (SAID, True)


@pytest.mark.parametrize("where", ["{} [[UNSURE]]", "[[UNSURE]] {}", "[[UNSURE]]\n{}"])
def test_it_is_found_in_a_line_with_other_words_too(where: str) -> None:
    """At its end, and at its beginning."""
    left, found = filtered(where.format(SAID))
    assert (left.strip(), found) == (SAID, True)


@pytest.mark.parametrize(
    "text",
    ["Are you unsure?", "I am unsure (unsure) here.", "x = [unsured]", "`['unsure']`", "", "\n\n"],
)
def test_other_words_stay_as_they_are(text: str) -> None:
    """A sentence with the word, a list with the text."""
    assert filtered(text) == (text, False)


@given(st.lists(st.sampled_from([*"[]UNSURE \n*a", "[[UN", "SURE]]"]), max_size=30))
def test_pieces_make_no_difference(pieces: list[str]) -> None:
    """The model may cut its text anywhere."""
    assert filtered(*pieces) == filtered("".join(pieces))


def test_the_marker_that_is_asked_for_is_one_that_is_found() -> None:
    """In the words of the prompt."""
    assert filtered(*ASKED.partition("`[[UNSURE]]`")[1:2]) == ("", True)


@pytest.mark.parametrize("unit", ["[", " *", "[[UNSURE", "[*", "unsure", "\n"])
def test_the_work_is_linear(unit: str) -> None:
    """Up to the longest reply, of what looks most like the marker."""
    short, long = (unit * (size // len(unit)) for size in (32 << 10, 256 << 10))
    assert cost(lambda: filtered(long)) < 20 * cost(lambda: filtered(short))


def test_many_pieces_of_one_line_cost_what_they_hold() -> None:
    """A line is looked at once, when it has ended."""
    assert cost(lambda: filtered(*["["] * 80_000)) < 20 * cost(lambda: filtered(*["["] * 10_000))
