"""The words that are understood: each language has them, and they are found however spelt."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from tutor_widget.server.tutors.lesson import phrases
from tutor_widget.server.tutors.lesson.phrases import LANGUAGES, index, keys_of
from tutor_widget.server.tutors.lesson.phrases.index import LONGEST, Index

TABLES = {
    language: tomllib.loads((Path(phrases.__file__).parent / f"{language}.toml").read_text("utf-8"))
    for language in LANGUAGES
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_every_kind_of_word(language: str) -> None:
    """And every command."""
    for name in ("commands", "reader", "senses", "chips", "sentences"):
        assert TABLES[language][name].keys() == TABLES["en"][name].keys()


FOUND = (
    "agreement", "asking", "asks", "chatter", "common", "everyday", "first_person", "guess",
    "nouns", "openings", "outcomes", "persons", "polite", "question", "refusals", "selves", "talk",
    "topics", "units", "unknown", "unsure",
)  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_phrase_can_be_found(language: str) -> None:
    """No list names one twice, and of each something is left."""
    table = TABLES[language]
    lists = table["commands"] | {kind: table["reader"][kind] for kind in FOUND}
    for name, given in lists.items():
        assert sorted(set(given)) == sorted(given), name
        assert all(0 < len(keys_of(phrase)) <= LONGEST for phrase in given), name


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("DONT KNOW", "don't know"),
        ("hellooooo", "hello"), ("cooool", "cool"), ("sooo", "so"), ("hahahahaha", "haha"),
        ("ahahah", "haha"), ("uberspringen", "überspringen"), ("UEBERSPRINGEN", "überspringen"),
        ("deja", "déjà"), ("l'indice", "l indice"), ("dis moi", "dis-moi"), ("weiss", "weiß"),
    ],
)  # fmt: skip
def test_spelling_makes_no_difference(text: str, phrase: str) -> None:
    """Capitals, accents, apostrophes, hyphens, stretched letters, and how umlauts are written."""
    assert Index([phrase]).name(keys_of(text)) == phrase


def test_a_name_in_code_is_one_word() -> None:
    """Chinese has a word for each character."""
    assert keys_of("my_list is my list") == ["my_list", "is", "my", "list"]
    assert keys_of("第2步") == ["第", "2", "步"]


def test_a_text_is_covered_by_phrases_in_a_row() -> None:
    """The longest is not always the right one."""
    known = Index(["a b", "a", "b c"])
    assert known.covers(["a", "b", "c"])
    assert not known.covers(["a", "c"])
    assert known.covers([])
    assert list(known.places(["x", "a", "b"])) == [(1, 3)]
    assert (known.length_at(["a", "b"]), known.length_before(["x", "a"], 2)) == (2, 1)


def test_a_word_of_one_language_is_understood_in_another() -> None:
    """The kinds join all languages."""
    assert all(index("unsure").name(keys_of(text)) for text in ("idk", "keine Ahnung", "jsp", "ns"))


def test_words_of_other_languages_are_found() -> None:
    """A dozen and more, each with what is said by who does not understand; none twice."""
    world = tomllib.loads((Path(phrases.__file__).parent / "world.toml").read_text("utf-8"))
    assert len(world) > 12
    assert world.keys().isdisjoint(LANGUAGES)
    for language, kinds in world.items():
        assert {"unknown"} <= kinds.keys() <= TABLES["en"]["reader"].keys(), language
        for kind, given in kinds.items():
            assert sorted(set(given)) == sorted(given), language
            assert all(index(kind).is_within(keys_of(phrase)) for phrase in given), language
