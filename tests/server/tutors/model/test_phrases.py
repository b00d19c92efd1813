"""What the model tutor says itself, in each language."""

from __future__ import annotations

import re
import tomllib
from typing import get_args

import pytest

from tutor_widget.server.tutors.lesson.phrases import LANGUAGES
from tutor_widget.server.tutors.model import phrases
from tutor_widget.server.tutors.model.endpoint import Kind
from tutor_widget.server.tutors.model.phrases import Sentence, say

TABLES = tomllib.loads(phrases._FILE.read_text("utf-8"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_every_sentence(language: str) -> None:
    """With the same values in it; and each kind of failure has one."""
    assert TABLES.keys() == set(LANGUAGES)
    assert TABLES[language].keys() == set(get_args(Sentence))
    for name, text in TABLES[language].items():
        assert re.findall(r"{\w*}", text) == re.findall(r"{\w*}", TABLES["en"][name]), name
    assert set(get_args(Kind)) <= set(get_args(Sentence))


def test_a_language_that_is_not_there_is_english() -> None:
    """A region makes no difference."""
    assert say("cut_off", "de-AT") == "Die Antwort wurde abgebrochen."
    assert say("cut_off", "xx") == say("cut_off", None) == "The answer was cut off."
    assert "02:00 (UTC)" in say("used_up", "fr", time="02:00 (UTC)")
