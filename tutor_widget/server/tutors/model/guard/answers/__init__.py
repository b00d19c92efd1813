"""Whether a text tells the answer of a step. Pure.

First what the judge (`Step.judge`) takes as right, sentence by sentence and clause by clause. Then
what no learner would write and a tutor does: the answer within a long sentence, in parts, by denial
of all others, in code. What only repeats the question tells nothing (`quotes`).

    numeric, literal, chosen    one kind of step each
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cached_property, lru_cache
from itertools import islice
from typing import Final

from ....lesson.code import is_code
from ....lesson.judge import Verdict
from ....lesson.normal import clean, words
from ....lesson.numbers import mentioned
from ....lesson.phrases import index, keys_of, vocabulary
from ....lesson.reading import read_message
from ....lesson.steps import Step
from ..piece import CLAUSE, Form, Piece
from ..quotes import Quotes
from ..words import ANSWERS, CUES, PIECES
from .chosen import Choice, Elimination
from .literal import Literal
from .numeric import Number
from .places import Places
from .sequence import Sequence
from .truth import Truth

__all__ = ["Answers", "Elimination"]

_KEPT: Final = 500
"""Texts whose verdicts are kept."""
_MOST_STEPS: Final = 1_000
"""Steps whose answers are kept: those of some dozens of lessons in each language."""
_MOST_PARTS: Final = 24
_MOST_WORDS: Final = 40
"""Of a part that is judged; the judge finds an answer in short statements only."""
_MOST_EXPRESSIONS: Final = 60
_LONGEST: Final = 200
"""Characters of a string in code that is judged."""
_PRONOUN: Final = re.compile(
    r"(?i)\b(?:the|this|that|which|each|every)"
    rf"(?: (?!(?:{'|'.join(sorted(CUES | ANSWERS))})\b)\w+)? ones?\b"
)
"""The "one" of "the local one", but not that of "the answer is one"."""
_UNFILLED: Final = re.compile(
    r"(?m)^\s*\|\s*\d{1,2}\s*\|(?=[^\n]*\|[ \t]*(?:…|\.\.\.|\?|_{1,9})?[ \t]*\|)"
)
"""The number of a row of a table that has cells to be filled in."""
_DIGITS: Final = re.compile(r"\d+")
_SENTENCE: Final = re.compile(r"(?<=[.!?…])[\"'”»)]?\s+|\n+|(?<=[。！？；])")
_SPAN: Final = re.compile(r"`+([^`\n]+)`+|\*\*([^*\n]+)\*\*|[\"“«「]([^\"”»」\n]+)[\"”»」]")
_QUESTION: Final = ("?", "？")


# What depends on the step alone is made once for all replies.
_choice: Final = lru_cache(_MOST_STEPS)(Choice)
_number: Final = lru_cache(_MOST_STEPS)(Number)
_literal: Final = lru_cache(_MOST_STEPS)(Literal)
_truth: Final = lru_cache(_MOST_STEPS)(Truth.of)
_places: Final = lru_cache(_MOST_STEPS)(Places)
_sequence: Final = lru_cache(_MOST_STEPS)(Sequence)


class Answers:
    """The answers of a step. ``texts`` are what else of the author may be repeated.

    ``is_judged``: whether the judge is asked. It understands all languages, so of a step and its
    translations one is enough.
    """

    def __init__(self, step: Step, texts: Iterable[str] = (), *, is_judged: bool = True) -> None:
        self._step = step
        self._asks_judge = is_judged
        self._verdicts: dict[str, bool] = {}
        self.choice = _choice(step) if step.choices else None
        self._number = _number(step) if step.number is not None else None
        self.literal = _literal(step) if step.answers else None
        self._row = self.literal.row() if self.literal is not None else None
        self._truth = _truth(step) if step.answers else None
        self._places = _places(step) if step.choices else None
        self._sequence = _sequence(step) if step.choices else None
        self._quotes = Quotes(step.question, texts, self._is_exactly, self._is_telling)

    def _is_exactly(self, text: str) -> bool:
        """Whether the text alone is an answer, or one or two words that are right."""
        if self._step.is_exactly(clean(text)):
            return True
        is_short = len(words(text)) < 3
        return is_short and self._step.is_right(text)

    def _is_telling(self, span: str) -> bool:
        """Whether a part of the question is a wrong answer of the author, or points to the right
        number."""
        if self._number is not None and self._number.is_asked_in(span):
            return True
        return self._step.mistake(clean(span)) is not None

    @cached_property
    def _is_in_words(self) -> bool:
        """Whether the judge takes other words for the answers."""
        return any(not is_code(answer) and " " in answer for answer in self._step.answers)

    def elimination(self) -> Elimination | None:
        """What a reply says of the choices, None at another step."""
        return Elimination(self.choice) if self.choice is not None else None

    def is_even(self, text: str) -> bool:
        """Whether the text only names the choices, all or several, and denies none."""
        if self.choice is None or self._is_sequence(text):
            return False
        return self.choice.is_even(text)

    def tell(self, text: str) -> bool:
        """Whether a visible text of one or several sentences tells the answer."""
        masked = _UNFILLED.sub(" ", self._quotes.masked(text))
        return (
            self.is_pieced(text)
            or any(map(self._is_told, _sentences(masked)))
            or any(map(self._is_sequence, _sentences(text)))
        )

    def take(self, text: str) -> bool:
        """Whether the reply, which goes on with this text, has told it number by number."""
        return self._row is not None and self._row.take(self._quotes.masked(text))

    def tell_code(self, text: str) -> bool:
        """Whether code tells it: as an expression anywhere in it."""
        masked = self._quotes.masked_code(text)
        if self._number is not None:
            return self._number.is_told_in_code(masked)
        if self.choice is not None:
            return self.choice.is_told(masked) or self._is_sequence(text)
        if self.literal is not None and self.literal.is_told_in_code(masked):
            return True
        codes = any(is_code(answer) for answer in self._step.answers)
        return codes and any(self._is_judged(code) for code in _expressions(masked))

    def tell_hidden(self, text: str) -> bool:
        """Whether a text that was disguised tells it."""
        if self.literal is not None and self.literal.is_hidden(text):
            return True
        if self.choice is not None and self.choice.is_told_by_name(text):
            return True
        return self.is_spelt(text.casefold()) or self.tell(text)

    def tell_mirrored(self, piece: Piece) -> bool:
        """Whether the piece, in ROT13 or backwards, tells it."""
        if self.literal is not None and self.literal.is_mirrored(piece.plain):
            return True
        return any(map(self._tells_in_form, piece.mirrors))

    def _tells_in_form(self, form: Form) -> bool:
        if form.is_meant:
            return self.tell(form.text)
        if self._number is not None:
            return self._number.is_told(_DIGITS.sub(" ", form.text))
        return self.choice is not None and self.choice.is_told_by_name(form.text)

    def is_spelt(self, letters: str) -> bool:
        """Whether letters or digits that were put together end with the answer."""
        kinds = (self._number, self.choice, self.literal)
        return any(kind is not None and kind.is_spelt(letters) for kind in kinds)

    def is_spelt_apart(self, letters: str) -> bool:
        """The same of letters that stand far from each other. Digits often do."""
        kinds = (self.choice, self.literal)
        return any(kind is not None and kind.is_spelt(letters) for kind in kinds)

    def is_pieced(self, text: str) -> bool:
        """Whether the text tells it in parts: "it starts with b and ends with reak"."""
        if self._number is not None:
            return PIECES.search(text) is not None and self._number.is_pieced(
                self._quotes.masked(text)
            )
        return self.literal is not None and self.literal.is_pieced(text)

    def judges(self, text: str) -> bool:
        """Whether the judge takes the text, which may be several sentences, as right."""
        if not self._may_be_judged(text):
            return False
        is_other = self.choice is not None and self.choice.is_of_another(text)
        return not is_other and self._is_judged(text)

    def judges_joined(self, text: str) -> bool:
        """Whether the judge takes several sentences together as right; a number is in one."""
        return self._number is None and self.judges(self._quotes.masked(text))

    def _is_told(self, sentence: str) -> bool:
        if not words(sentence) and self.literal is None:
            return False
        if self._number is not None:
            return self._number.is_told(sentence) or self._is_place(sentence)
        if self._is_even_in(sentence):
            return False
        if self._is_chosen_in(sentence) or (self._truth and self._truth.is_told(sentence)):
            return True
        if self.literal is not None and self.literal.is_told(sentence):
            return True
        if self.literal is not None and self.literal.is_even(sentence):
            return self.judges(sentence)
        is_open = _is_question(sentence) and ANSWERS.isdisjoint(words(sentence))
        return any(map(self.judges, _parts(sentence, with_marked=not is_open)))

    def _is_even_in(self, sentence: str) -> bool:
        """Whether it only names what there is to choose from."""
        kinds = (self.choice, self._truth)
        return any(kind is not None and kind.is_even(sentence) for kind in kinds)

    def _is_chosen_in(self, sentence: str) -> bool:
        if self.choice is None or self._places is None:
            return False
        is_placed = not _is_question(sentence) and self._places.is_told(sentence)
        return is_placed or self.choice.is_told(sentence)

    def _is_sequence(self, text: str) -> bool:
        is_told = self._sequence is not None and self._sequence.is_told(text)
        return is_told and not _is_question(text) and not self._quotes.is_quoted(text)

    def _is_place(self, sentence: str) -> bool:
        """Whether a number is told without naming it: "in the seventh line", "one"."""
        sure = [mention for mention in mentioned(clean(sentence)) if not mention.is_unsure]
        return not sure and any(map(self.judges, _parts(_PRONOUN.sub(" ", sentence))))

    def _may_be_judged(self, text: str) -> bool:
        given = words(text)
        if not self._asks_judge or len(given) > _MOST_WORDS:
            return False
        if self._number is not None:
            known = vocabulary().ordinals
            return any(word in known for word in given) or bool(mentioned(clean(text)))
        if self.choice is not None:
            return self.choice.is_related(text)
        if self.literal is not None and not self._is_in_words:
            return self.literal.is_related(text) or is_code(text.strip(" `.\"'"))
        return bool(given) or self.literal is not None

    def _is_judged(self, text: str) -> bool:
        key = text.strip()
        if key not in self._verdicts:
            if len(self._verdicts) >= _KEPT:
                self._verdicts.clear()
            self._verdicts[key] = self._judged(key)
        return self._verdicts[key]

    def _judged(self, text: str) -> bool:
        given = clean(text)
        if not given or self._step.judge(given) is not Verdict.RIGHT:
            return False
        if not _is_question(text):
            return True
        # "What is an IndexError?" is no answer, "Could it be an IndexError?" is one.
        # "And the second one?" asks for the next thing.
        goes_on = index("and").length_at(keys_of(given)) > 0
        return not goes_on and read_message(text, self._step).kind == "right"


def _sentences(text: str) -> list[str]:
    parts = [part for part in _SENTENCE.split(text) if part.strip(" …`*-")]
    return parts[:_MOST_PARTS]


def _is_question(text: str) -> bool:
    return text.rstrip("`*\"') \n").endswith(_QUESTION)


def _parts(sentence: str, *, with_marked: bool = True) -> Iterator[str]:
    """The sentence, its clauses, and what is marked in it."""
    marked = (next(filter(None, match.groups()), "") for match in _SPAN.finditer(sentence))
    found = (sentence, *CLAUSE.split(sentence), *(marked if with_marked else ()))
    kept = (part.strip(" …") for part in found)
    yield from islice(dict.fromkeys(part for part in kept if part), _MOST_PARTS)


def _expressions(code: str) -> Iterator[str]:
    """The expressions within the code that can be read, each line by itself if need be."""
    trees: Iterable[ast.AST]
    try:
        trees = [ast.parse(code)]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        trees = _lines(code)
    nodes = (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.expr))
    for node in islice(nodes, _MOST_EXPRESSIONS):
        if isinstance(node, ast.Compare | ast.BoolOp | ast.UnaryOp | ast.Call | ast.Constant):
            yield ast.unparse(node)
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value[:_LONGEST]


def _lines(code: str) -> Iterator[ast.AST]:
    for line in code.splitlines()[:_MOST_PARTS]:
        bare = line.strip()
        for form in (bare, f"{bare}\n pass"):
            try:
                yield ast.parse(form)
                break
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                continue
