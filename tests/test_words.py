"""The catalogues of words, from the kernel's side: all that it says, and nothing else."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import tutor_widget
from tutor_widget import words
from tutor_widget.session import Ending, Kind, policy_for

PACKAGE = Path(tutor_widget.__file__).parent
OTHERS = sorted(words.languages() - {words.ENGLISH})
CODES = [1000, 1001, 1002, 1005, 1006, 1009, 1011, 1012, 1013, 1014, 1015, 4400, 4401, 4403]
CODES += [4404, 4408, 4409, 4410, 4429, 301, 401, 403, 404, 408, 425, 429, 500, 502, 503]


def templates() -> set[str]:
    """Every text in the package's code, with ``{}`` for what it is filled with."""
    found = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.JoinedStr):
                found.add("".join(_part(value) for value in node.values))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
    return found


def _part(value: ast.expr) -> str:
    return str(value.value) if isinstance(value, ast.Constant) else "{}"


def is_translated(sentence: str, language: str) -> bool:
    """Whether the page, which has the language's catalogue, finds the sentence there."""
    patterns = (
        re.sub(r"\\\{\d\\\}", "(.+)", re.escape(template))
        for template in words.catalogue(language)["said"]
    )
    return any(re.fullmatch(pattern, sentence, re.DOTALL) for pattern in patterns)


def endings() -> Iterator[Ending]:
    for kind in Kind:
        for code in CODES:
            yield Ending(kind, code, "why")


@pytest.mark.parametrize("language", OTHERS)
def test_every_ending_is_told_in_the_learners_language(language: str) -> None:
    """What is wrong and what to do, for whatever way a connection can end."""
    said = {part for e in endings() for part in (policy_for(e).reason, policy_for(e).advice)} - {
        "",
        "why",
    }
    assert len(said) > 25
    assert [sentence for sentence in said if not is_translated(sentence, language)] == []


def test_no_catalogue_translates_what_nobody_says() -> None:
    """A sentence that was reworded in the code is missed here, not by a learner."""
    code = "\n".join(templates())
    for sentence in words.catalogue("de")["said"]:
        for part in re.split(r"\{\d\}|(?<=\.) |(?<=busy|eady) \(", sentence):
            assert part in code, sentence


@pytest.mark.parametrize(
    ("tags", "language"),
    [
        (["de-AT", "en"], "de"),
        (["ZH-hans-cn"], "zh"),
        (["tlh", "fr"], "fr"),
        (["en-GB", "de"], "en"),
        (["../words/de"], "en"),
        ([], "en"),
    ],
)
def test_the_first_language_that_there_is_wins(tags: list[str], language: str) -> None:
    """Regions are looked over; what there is no catalogue of is passed over."""
    assert words.choose(tags) == language


def test_english_costs_nothing_to_send() -> None:
    """The page has it; any other comes with the kernel's sentences."""
    assert words.for_browser("en") is None
    german = words.for_browser("de")
    assert german is not None
    assert german["badge"]["connected"] == "Verbunden"
    assert german["said"]["Please sign in again."] == "Bitte melde dich neu an."
