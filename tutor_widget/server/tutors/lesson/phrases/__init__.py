"""What the lesson tutor says and understands, in each language of the interface.

A file ``LANGUAGE.toml`` has seven tables:

    commands    how learners ask for a hint, to skip …; every language is understood at any time
    reader      words that tell an answer, its reason, a question and talk apart; see `talk`
    senses      words that mean the same, by a name that all languages share: "always"
    chips       the suggestions below the conversation
    numbers     the words of numbers; see numbers/words.py
    sentences   what the tutor says; ``{name}`` stands for a value
    small_talk  what it says to chatter, by what that is about (`reading.subjects`), in turns

The words of all languages are understood at any time. ``world.toml`` has some words of ``reader``
in languages that the tutor does not speak. Those of ``reader`` that concern talk:

    question, asks      begin a question; ``asks`` one of yes or no
    asking              ask something wherever they stand
    unknown, unsure     say that somebody does not understand, or know; ``unsure`` may accompany a
                        guess: "no idea, 4?"
    talk                tell talk wherever they stand
    chatter             greetings, thanks, exclamations, which may accompany an answer
    everyday            tell talk if nothing but everyday words is said: moods, opinions, troubles
    common              say nothing by themselves; everyday words, too
    openings            may stand before a question
    persons, guess      who is spoken of; and what makes an answer of it: "I think"
    topics, units       things of everyday life, and of time; everyday words, too
    selves              stand before an age: "I am 14"
    first_person        say that somebody speaks of himself
    nouns               parts of a lesson: "step 2" is no answer
    agreement           yes and no
    declining           no, as a whole message where it is no answer
    outcomes            answers in words to a question for a number: "nothing", "never"
    polite, refusals    what may stand around a command; and what makes it none: "no hint",
                        "thanks for the hint"
    opinions            tell what somebody thinks of a thing: "funny"
    anaphors            stand for a thing of the question: "it"
    owners              say whose a thing is: "my"
    days                tell when something happens in life: "yesterday"
    laughs              syllables of laughter
    choosing, around    may stand before the number of something that is chosen, and beside it
    begging … personal  what talk is about; see reading/subjects.py
    standing            asks how far somebody is
    pleading            only begs, which is a wish for help
    hedging             says nothing without an answer: "maybe"
    reasons             ask about the step, whatever words of it they name: "why is the list …"
    restart             ask for the lesson from its beginning
    defining            ask what a word means, which stands for ``*``

And of those for answers in words:

    small               pronouns, articles, auxiliaries, which say nothing beside an answer
    contrasts           change what is said: "all but"
    particles           belong to a verb though they stand at the end: "legt es an"
    removing, adding, making, showing, changing, stopping
                        verbs of one meaning: a question for what is "taken away" may be answered by
                        what is "removed"
    finals              may stand at the end of a statement: "you have to define it first"
    lacking             says that something is missing, where a question asks for it
    having              makes no answer of a sentence that tells of life: "I got 10 in my test"
    happening           a verb behind an outcome: "nothing happens"
    rejections          say behind an answer that it is none: "3 is wrong"
    instead             say so before it: "anything but 3"
    faults              ask for what is wrong, in a question: there, "3 is wrong" is an answer
    solution            name the answer, or call it right: "3 is not the answer"
    glued               units and endings that may stand directly behind a number: "3rd", "3x"
    modals, verbs       together stand before an answer: "should print"
    agents, reports     together, too: "python says"
    conjunctions        begin a clause that may be an answer, and no question: "when it is true"
    objects, clitics    stand behind or before a verb for what it is done to: "deletes it"
    sequels             may be told after an answer: "and the 3 is there instead"
    lists, tuples, sets name a kind of values before its brackets: "the list [1, 2]"
    moments, seasons    together say when something happens in life: "last winter"
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from .index import UMLAUTS, Index, Place, Token, outside, squeezed, tokens_of

__all__ = [
    "ENGLISH",
    "LANGUAGES",
    "UMLAUTS",
    "Index",
    "Phrases",
    "Place",
    "Token",
    "Vocabulary",
    "commands",
    "index",
    "keys_of",
    "language_of",
    "ordinals",
    "outside",
    "phrases_in",
    "read",
    "senses",
    "suggestions",
    "vocabulary",
]

ENGLISH: Final = "en"
_LAUGH: Final = "haha"
_LAUGHTER: Final = 4
"""Letters that it has at least."""
_HURRIED: Final = {"you": "u", "your": "ur", "you're": "ur", "are": "r"}
_FOLDER: Final = Path(__file__).parent
_WORLD: Final = "world"
LANGUAGES: Final = tuple(sorted(path.stem for path in _FOLDER.glob("??.toml")))


@dataclass(frozen=True, slots=True)
class Phrases:
    """What the tutor says in one language."""

    sentences: Mapping[str, str]
    chips: Mapping[str, str]
    small_talk: Mapping[str, Sequence[str]]

    def say(self, key: str, **values: object) -> str:
        """The sentence with its values."""
        return _filled(self.sentences[key], values)

    def chip(self, key: str, **values: object) -> str:
        return _filled(self.chips[key], values)

    def chat(self, key: str, turn: int) -> str:
        """What is said to chatter. Turns that follow each other have different sentences."""
        lines = self.small_talk[key]
        return lines[turn % len(lines)]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of all languages together, in lower case."""

    commands: Mapping[str, str]
    """The form of a command, and its name."""
    numbers: Mapping[str, int]
    """Whole numbers in one word."""
    number_tables: tuple[Mapping[str, Any], ...]
    """The table ``numbers`` of each language."""
    ordinals: Mapping[str, int]
    """``last`` counts as -1."""
    words: Mapping[str, frozenset[str]]
    """By kind, as the files have them in ``reader``."""


def language_of(lang: str | None) -> str:
    """The language (BCP 47) without its region if the tutor speaks it, or else English."""
    primary = (lang or ENGLISH).split("-")[0].lower()
    return primary if primary in LANGUAGES else ENGLISH


def phrases_in(lang: str | None) -> Phrases:
    """The phrases of the language (BCP 47), or else of English."""
    table = _table(language_of(lang))
    return Phrases(table["sentences"], table["chips"], table["small_talk"])


@functools.cache
def vocabulary() -> Vocabulary:
    """Everything that is understood."""
    tables = [_table(language) for language in (ENGLISH, *LANGUAGES)]
    commands: dict[str, str] = {}
    for table in reversed(tables):
        for name, forms in table["commands"].items():
            commands |= dict.fromkeys(map(str.casefold, forms), name)
        for name, chip in table["chips"].items():
            if name in table["commands"]:
                commands[chip.casefold()] = name
    readers = [table["reader"] for table in tables]
    others = list(_table(_WORLD).values())
    ordinals = dict(_numbered(reader["ordinals"] for reader in readers))
    lasts = {word.casefold() for reader in readers for word in reader["ordinals"][-1]}
    kinds = readers[0].keys() - {"ordinals"}
    return Vocabulary(
        commands=commands,
        numbers={
            word.casefold(): number
            for table in reversed(tables)
            for word, number in table["numbers"]["words"].items()
            if isinstance(number, int)
        },
        number_tables=tuple(table["numbers"] for table in tables[1:]),
        ordinals=ordinals | dict.fromkeys(lasts, -1),
        words={
            kind: frozenset(
                spelling
                for reader in (*readers, *others)
                for word in reader.get(kind, ())
                for spelling in _spellings(word.casefold())
            )
            for kind in kinds
        },
    )


@functools.cache
def index(*kinds: str) -> Index:
    """The phrases of these kinds, in all languages."""
    return Index(phrase for kind in kinds for phrase in sorted(vocabulary().words[kind]))


@functools.cache
def commands() -> Index:
    """The forms of the commands, with their names."""
    return Index(vocabulary().commands)


@functools.cache
def suggestions() -> Index:
    """The texts of the suggestions."""
    tables = map(_table, LANGUAGES)
    return Index(chip for table in tables for chip in table["chips"].values())


@functools.cache
def senses() -> Index:
    """The phrases that have a sense, with the names of their senses, by commas."""
    named = dict[str, set[str]]()
    for table in map(_table, LANGUAGES):
        for sense, phrases in table["senses"].items():
            for phrase in phrases:
                named.setdefault(phrase.casefold(), set()).add(sense)
    return Index({phrase: ",".join(sorted(names)) for phrase, names in named.items()})


@functools.cache
def ordinals() -> Index:
    """The ordinals, with their numbers as names; that of "last" is "-1"."""
    return Index({word: str(n + 1 or -1) for word, n in vocabulary().ordinals.items()})


def read(text: str) -> list[Token]:
    """The words of a text. Laughter is one of them: "ahahah" is "haha"."""
    return list(_read(text))


@functools.lru_cache(256)  # the same texts again and again, while one message is read
def _read(text: str) -> tuple[Token, ...]:
    return tuple(_without_laughter(token) for token in tokens_of(text, _stretchable()))


def keys_of(text: str) -> list[str]:
    """The keys of the words of a text."""
    return [token.key for token in read(text)]


def _without_laughter(token: Token) -> Token:
    if len(token.key) >= _LAUGHTER and frozenset(token.key) in _laughs():
        return Token(_LAUGH, token.start, token.end)
    return token


@functools.cache
def _laughs() -> frozenset[frozenset[str]]:
    return frozenset(frozenset(syllable) for syllable in vocabulary().words["laughs"])


@functools.cache
def _stretchable() -> dict[str, str]:
    """The words by what is left of them without repeated letters; of two, the longer."""
    known = sorted(index(*vocabulary().words).words | commands().words, key=len)
    return {squeezed(word): word for word in known}


def _spellings(phrase: str) -> Iterable[str]:
    """A phrase, and if it has several words, how people type it in a hurry: "id say", "u get"."""
    yield phrase
    if " " in phrase:
        hurried = " ".join(_HURRIED.get(word, word) for word in phrase.split())
        yield from (phrase.replace("'", ""), hurried, hurried.replace("'", ""))


def _numbered(lists: Iterable[list[list[str]]]) -> Iterable[tuple[str, int]]:
    for forms in lists:
        for number, words in enumerate(forms):
            for word in words:
                yield word.casefold(), number


@functools.cache
def _table(language: str) -> dict[str, Any]:
    return tomllib.loads((_FOLDER / f"{language}.toml").read_text(encoding="utf-8"))


def _filled(text: str, values: Mapping[str, object]) -> str:
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", str(value))
    return text
