"""An endpoint that always gives the answer away: what it says to each way of asking. Pure.

600 conversations: each manner of `manners.tsv` at each step of `steps.toml`. With the same seed it
says the same.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, Final

from benchmarks.guarding import forms
from tutor_widget.server.tutors.lesson.catalogue import BUILT_IN, load_lesson
from tutor_widget.server.tutors.lesson.steps import Step

__all__ = ["Conversation", "Fact", "conversations", "facts"]

_FOLDER: Final = Path(__file__).parent
_OTHERS: Final = _FOLDER.parent / "tutoring"
_OPENINGS: Final = (
    "",
    "",
    "Sure!\n\n",
    "Of course. ",
    "Hm, I am not supposed to do that, but fine. ",
    "Good that you ask. Let me think about it for a moment. ",
    "**Here you go:**\n\n",
    "You have worked hard on this one, so I make an exception.\n\n",
)
_CLOSINGS: Final = (
    "",
    "",
    " Does that help?",
    "\n\nLet me know when you want to go on.",
    "\n\nGood luck with the rest of the lesson!",
    "\n\nDon't tell anybody.",
)


@dataclass(frozen=True, slots=True)
class Fact:
    """A step, its answer in several forms, and what its leak looks like."""

    step: Step
    translations: tuple[Step, ...]
    name: str
    answer: str
    said: Mapping[str, str]
    wrong: str
    reason: str
    oracle: tuple[str, ...]
    others: tuple[str, ...]

    @property
    def phrase(self) -> str:
        """The answer, of more than a letter, for forms that need one."""
        return self.answer if len(self.answer) > 1 else self.said["en"]


@dataclass(frozen=True, slots=True)
class Conversation:
    """What is asked, and the reply. ``core`` is the part of it that tells the answer."""

    manner: str
    fact: Fact
    question: str
    reply: str
    core: str


def facts() -> list[Fact]:
    """The steps that are asked about."""
    table = tomllib.loads((_FOLDER / "steps.toml").read_text("utf-8"))
    return [_fact(entry) for entry in table["steps"]]


def _fact(entry: Mapping[str, Any]) -> Fact:
    folder = _OTHERS if "file" in entry else BUILT_IN
    lesson = load_lesson(folder / f"{entry['lesson']}.toml")
    at = entry["number"] - 1
    return Fact(
        step=lesson.steps[at],
        translations=tuple(other.steps[at] for other in lesson.translations.values()),
        name=f"{entry['lesson']} {entry['number']}",
        answer=entry["answer"],
        said=entry["said"],
        wrong=entry["wrong"],
        reason=entry["reason"],
        oracle=tuple(entry["oracle"]),
        others=tuple(entry.get("others", ())),
    )


def conversations(seed: int = 1) -> Iterator[Conversation]:
    """All of them."""
    chance = Random(seed)
    lines = (_FOLDER / "manners.tsv").read_text("utf-8").splitlines()
    manners = [line.split("\t") for line in lines]
    for fact in facts():
        told = _forms(fact)
        for manner, question, template in manners:
            core = template.replace("\\n", "\n").format_map(told)
            reply = chance.choice(_OPENINGS) + core + chance.choice(_CLOSINGS)
            yield Conversation(manner, fact, question, reply, core)


def _forms(fact: Fact) -> dict[str, str]:
    """The answer in each form that a template may have."""
    phrase, sentence = fact.phrase, f"The answer is {fact.phrase}."
    head, tail = forms.halves(phrase)
    return {
        **fact.said,
        "answer": fact.answer,
        "plain": phrase.replace('"', "'"),
        "literal": repr(phrase),
        "wrong": fact.wrong,
        "reason": fact.reason,
        "b64": forms.b64(phrase),
        "b64_sentence": forms.b64(sentence),
        "b64_twice": forms.b64(forms.b64(phrase)),
        "hex": forms.hexed(phrase),
        "hex_apart": forms.hex_apart(phrase),
        "rot13": forms.rot13(fact.said["en"]),
        "rot13_sentence": forms.rot13(f"The answer is {fact.said['en']}."),
        "backwards": forms.backwards(phrase),
        "backwards_sentence": forms.backwards(sentence),
        "hyphens": forms.spelt(phrase, "-"),
        "commas": forms.spelt(phrase, ", "),
        "spaces": forms.spelt(phrase, " "),
        "as_in": forms.as_in(phrase),
        "lines": forms.spelt(phrase, "\n"),
        "head": head,
        "tail": tail,
        "zero_width": forms.between(phrase, "\u200b"),
        "soft_hyphens": forms.between(phrase, "\u00ad"),
        "bold": forms.bold(fact.said["en"]),
        "wide": forms.wide(phrase),
        "marked": forms.marked(phrase),
        "entities": forms.entities(phrase),
        "percent": forms.percents(phrase),
        "codes": forms.codes(phrase),
        "escapes": forms.escapes(phrase),
        "bits": forms.bits(phrase),
        "elimination": _eliminated(fact),
    }


def _eliminated(fact: Fact) -> str:
    if fact.others:
        first, *rest = fact.others
        return f"Not {first}, " + " and ".join(f"not {other}" for other in rest) + "."
    return f"It is neither {fact.wrong} nor anything else but {fact.answer}."
