"""The explanations of errors in each language: complete, of the same code, and really said."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from markdown_it import MarkdownIt

from tutor_widget.server import Turn
from tutor_widget.server.tutors.lesson import LessonTutor
from tutor_widget.server.tutors.lesson.errors import built_in, languages
from tutor_widget.server.tutors.lesson.errors.languages import (
    join_texts,
    load_patterns,
    load_texts,
)
from tutor_widget.server.tutors.lesson.errors.pattern import placeholders
from tutor_widget.server.tutors.lesson.phrases import LANGUAGES, phrases_in

ENGLISH: Final = load_texts("en")
OTHERS: Final = sorted(set(LANGUAGES) - {"en"})
OF_EACH = pytest.mark.parametrize("language", OTHERS)
PARTS: Final = ("meaning", "look")
FORMAL: Final = {
    "de": r"[a-z,] (Sie|Ihnen|Ihre?)\b",
    "es": r"\b[Uu]sted",
    "fr": r"\b[Vv](ous|otre)\b",
    "zh": "您",
}
WORDLESS: Final = re.compile(r'[\d.]+|None|[A-Z]\w+(: open\(…, "w"\))?')
"""A comment that is the same in every language."""
NAME_ERROR: Final = {"name": "NameError", "message": "name 'x' is not defined", "traceback": ""}
SAID: Final = {
    "de": ("kennt ihn nicht", "**Schau dir das an:**", "Zum Beispiel:"),
    "en": ("does not know it", "**What to look at:**", "For example:"),
    "es": ("no lo conoce", "**Qué mirar:**", "Por ejemplo:"),
    "fr": ("ne le connaît pas", "**À regarder :**", "Par exemple :"),
    "zh": ("不认识它", "**看看这里**：", "例如："),
}
PASTED: Final = {
    "de": [
        "Ich bekomme „NameError: name 'x' is not defined“. Was heißt das?",
        "warum NameError: name 'x' is not defined, was ist da falsch",
    ],
    "en": [
        "I get NameError: name 'x' is not defined. What is that?",
        "it says (NameError: name 'x' is not defined) and stops",
    ],
    "es": [
        "Me sale «NameError: name 'x' is not defined», ¿qué hago?",
        "Me sale NameError: name 'x' is not defined. ¿Qué es?",
    ],
    "fr": [
        "J'ai NameError : name 'x' is not defined, que faire ?",
        "J'ai «\u00a0NameError: name 'x' is not defined\u00a0» !",
    ],
    "zh": [
        "我遇到了NameError: name 'x' is not defined，怎么办？",
        "NameError：name 'x' is not defined 是什么意思",
    ],
}


def marks(markdown: str) -> Iterator[str]:
    """Yields the code spans and the emphasis of a text, as they are rendered.

    The message of a ValueError that a learner writes is in the learner's language.
    """
    for token in MarkdownIt().parseInline(markdown)[0].children or ():
        if token.type == "code_inline":
            yield re.sub(r'ValueError\("[^"]*"\)', 'ValueError("")', token.content)
        elif token.type.endswith("_open"):
            yield token.type


def texts(language: str) -> Iterator[tuple[str, str, str, str]]:
    """Yields id, key, English text and translation."""
    for key, text in load_texts(language).items():
        for part in PARTS:
            yield key, part, ENGLISH[key][part], text[part]


def apart(example: str) -> tuple[list[str], list[str]]:
    """Returns the lines of code, and the comments."""
    lines = [line.partition("# ") for line in example.splitlines()]
    return [code for code, _, _ in lines], [comment for _, _, comment in lines if comment]


def test_every_pattern_has_an_id_of_its_own() -> None:
    """It has an English text, and no text is without a pattern."""
    path = Path(languages.__file__).parent / "patterns.toml"
    keys = [entry["id"] for entry in tomllib.loads(path.read_text("utf-8"))["errors"]]
    assert len(keys) == len(set(keys)) == len(load_patterns())
    assert set(keys) == set(ENGLISH)


@OF_EACH
def test_every_error_is_explained_in_each_language(language: str) -> None:
    """There is nothing else in the file."""
    assert list(load_texts(language)) == list(ENGLISH)
    for key, text in load_texts(language).items():
        assert text.keys() == ENGLISH[key].keys(), key


@OF_EACH
def test_a_translation_has_the_placeholders_of_the_english_text(language: str) -> None:
    """And each as often."""
    assert not [
        (key, part)
        for key, part, given, own in texts(language)
        if Counter(placeholders(own)) != Counter(placeholders(given))
    ]


@OF_EACH
def test_a_translation_has_the_code_and_the_emphasis_of_the_english_text(language: str) -> None:
    """As they are rendered, and each as often."""
    assert not [
        (key, part)
        for key, part, given, own in texts(language)
        if Counter(marks(own)) != Counter(marks(given))
    ]


@OF_EACH
def test_a_translation_is_one_and_speaks_to_a_learner_as_to_a_friend(language: str) -> None:
    """No text is the English one, says *Sie* or *vous*, or has a long dash."""
    assert not [
        (key, part)
        for key, part, given, own in texts(language)
        if own == given or re.search(FORMAL[language], own) or set(own) & set("–—")
    ]


@OF_EACH
def test_an_example_is_the_same_code_with_other_comments(language: str) -> None:
    """So what is tested of the English example is true of it. The error's name stays."""
    for key, text in load_texts(language).items():
        code, comments = apart(ENGLISH[key].get("example", ""))
        own_code, own_comments = apart(text.get("example", ""))
        assert own_code == code, key
        for comment, own in zip(comments, own_comments, strict=True):
            assert own != comment or WORDLESS.fullmatch(comment), key
            assert set(re.findall(r"[A-Z]\w+Error", comment)) <= set(re.findall(r"\w+", own)), key


@pytest.mark.parametrize("lang", [None, "", "en", "en-GB", "pt-BR", "xx"])
def test_a_language_without_explanations_has_the_english_ones(lang: str | None) -> None:
    """So has a learner whose language is unknown."""
    assert built_in(lang) == built_in("en")


@OF_EACH
def test_the_region_of_a_language_makes_no_difference(language: str) -> None:
    """``zh-Hans`` is Chinese, and ``de-AT`` German."""
    assert built_in(f"{language.upper()}-XX") == built_in(language) != built_in("en")


def test_an_error_without_a_text_in_a_language_has_the_english_one() -> None:
    """The others are in that language."""
    patterns = {"one": {"name": "OneError"}, "two": {"name": "TwoError"}}
    english = {key: {"meaning": f"English {key}", "look": "Look."} for key in patterns}
    german = {"two": {"meaning": "Deutsch two", "look": "Schau."}}
    one, two = join_texts(patterns, english | german)
    assert (one.meaning, two.meaning) == ("English one", "Deutsch two")


async def said_to(
    message: str, language: str, tutor: LessonTutor | None = None, **turn: Any
) -> str:
    tutor = tutor or LessonTutor(pace=0)
    state: dict[str, Any] = {}
    await tutor.greeting(state, language)
    reply = tutor.reply(Turn(message, state=state, lang=language, **turn))
    return "".join([piece async for piece in reply])


@pytest.mark.parametrize("language", LANGUAGES)
async def test_an_attached_error_is_explained_in_the_learners_language(language: str) -> None:
    """So are the words around the explanation, and the way back to the lesson."""
    said = await said_to("?", language, context={"error": NAME_ERROR})
    assert said.startswith("### NameError\n\n")
    assert all(part in said for part in SAID[language])
    assert phrases_in(language).say("back_to", step=1, of=10) in said
    for other in set(LANGUAGES) - {language}:
        assert not any(part in said for part in SAID[other])


@pytest.mark.parametrize(
    ("language", "message"), [(lang, text) for lang, said in PASTED.items() for text in said]
)
async def test_an_error_in_a_sentence_is_explained_in_the_learners_language(
    language: str, message: str
) -> None:
    """However that language sets colons, quotation marks and the ends of sentences."""
    said = await said_to(message, language)
    assert said.startswith("### NameError\n\n")
    assert "`x`" in said
    assert all(part in said for part in SAID[language])


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_teachers_explanation_goes_before_those_of_every_language(
    language: str, tmp_path: Path
) -> None:
    """Its own text stays as it is; the words around it are in the learner's language."""
    path = tmp_path / "robot.toml"
    path.write_text('[[errors]]\nname = "NameError"\nmeaning = "Our robot."\nlook = "Page 12."\n')
    tutor = LessonTutor(pace=0, errors=path)
    said = await said_to("?", language, tutor, context={"error": NAME_ERROR})
    assert f"Our robot.\n\n{SAID[language][1]}" in said
    assert SAID[language][0] not in said


@pytest.mark.parametrize("language", LANGUAGES)
async def test_an_unknown_error_is_said_to_be_unknown_in_the_learners_language(
    language: str,
) -> None:
    """No part of a built-in explanation is in it."""
    error = {"name": "MotorError", "message": "left", "traceback": ""}
    said = await said_to("?", language, context={"error": error})
    assert said.startswith(phrases_in(language).say("unknown_error", name="MotorError"))
    assert not any(part in said for parts in SAID.values() for part in parts)
