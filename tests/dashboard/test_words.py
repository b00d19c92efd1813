"""The dashboard's sentences in each language."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import tutor_widget.dashboard
from tests.support.servers.dashboard import Browser, Dashboard
from tutor_widget import words
from tutor_widget.dashboard.words import Words, iso, utc, words_for

FOLDER = Path(tutor_widget.dashboard.__file__).parent
OTHERS = sorted(words.languages() - {words.ENGLISH})
USED = re.compile(r'(?:say|note)\("([a-z_.]+)"|"((?:errors|done)\.[a-z_]+)"')


def flat(table: dict[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from flat(value, f"{path}{name}.")
        else:
            yield path + name, value


def own(language: str) -> dict[str, str]:
    return dict(flat(words.catalogue(language)["dashboard"]))


def places(text: str) -> list[str]:
    return sorted(set(re.findall(r"\{\w+(?::,)?\}", text)))


@pytest.mark.parametrize("language", OTHERS)
def test_a_language_has_all_sentences(language: str) -> None:
    """With English's keys in its order, and the same places to fill; none is left in English."""
    english, theirs = own("en"), own(language)
    assert [*theirs] == [*english]
    assert [path for path in english if places(english[path]) != places(theirs[path])] == []
    bare = {path: re.sub(r"\{\w+\}", "", text) for path, text in english.items()}
    same = [path for path, text in bare.items() if theirs[path] == english[path] and len(text) > 12]
    assert same == []


def test_every_sentence_that_a_page_asks_for_is_there() -> None:
    """In the templates and in the code."""
    sources = [*FOLDER.rglob("*.html"), *FOLDER.rglob("*.py")]
    used = {a or b for path in sources for a, b in USED.findall(path.read_text("utf-8"))}
    assert len(used) > 80
    whole = [path for path in used if not path.endswith(".")]
    assert [path for path in whole if not Words("en").has(path)] == []


def test_the_form_is_chosen_by_the_number() -> None:
    """Where a language has one."""
    say = words_for("en").say
    assert say("learners.number", n=1) == "1 conversation"
    assert say("learners.number", n=3) == "3 conversations"
    assert words_for("zh").say("learners.number", n=1) == "1 个对话"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("en;q=0.5, fr;q=0.9", "fr"),
        ("pt, es;q=0.1", "es"),
        ("zh-CN", "zh"),
        ("de;q=0, en", "en"),
        ("", "en"),
        ("*", "en"),
        (";;q=x,,\x00", "en"),
        ("de;q=1e9", "en"),
    ],
)
def test_the_browser_says_the_language(header: str, language: str) -> None:
    """Best first, as RFC 9110 has it; whatever is none is passed over."""
    assert words_for(header).language == language


def test_a_page_is_in_the_language_of_its_reader(start: Callable[..., Dashboard]) -> None:
    """Its sentences and its attribute."""
    dashboard = start()
    for language, sentence in (("de", "Ihr Token"), ("zh", "您的令牌")):
        page = Browser(dashboard.url, language).open("sign-in")
        assert f'<html lang="{language}"' in page.html
        assert sentence in page.text


def test_times_are_written_for_programs_and_for_people() -> None:
    """Also those that no calendar has."""
    assert iso(0) == "1970-01-01T00:00:00Z"
    assert utc(1_800_000_000_000) == "2027-01-15 08:00 UTC"
    assert iso(10**18).startswith("9999-12-30")
    assert iso(-1) == iso(0)
