"""Whether a message holds the right answer of a step: tolerant of its form, strict about content.

An answer may stand in a sentence, before its reason, behind "I think it is". Near misses stay
wrong: what is left of a sentence, apart from the answer, must be words that say nothing. Messages
are those of `normal.clean`. Everything here takes linear time: a message has a bounded length, and
so has the number of its readings.

    number, choice, text    one kind of step each
    worded                  answers in words within a statement; spelling: the forms of a word
    foreseen                wrong answers that the author wrote down
    guesses                 lists of guesses
    senses                  a message in the words of a step's texts
    denial                  what a message says is not the answer, and what it corrects
    clauses                 parts of a message: the clause before its reason, what fillers leave
    frames                  verbs around an answer that say nothing: "you can do it with"
"""

from __future__ import annotations

from .choice import judge_choice
from .clauses import conclusion, main_clause, says, without_fillers
from .denial import is_taken_back
from .foreseen import is_foreseen
from .number import judge_number
from .readings import readings
from .senses import OPPOSITES, in_words_of
from .spelling import is_slip
from .text import judge_text
from .verdict import LETTERS, Verdict
from .worded import NAMES, are_words, value_letters

__all__ = [
    "LETTERS",
    "NAMES",
    "OPPOSITES",
    "Verdict",
    "are_words",
    "conclusion",
    "in_words_of",
    "is_foreseen",
    "is_slip",
    "is_taken_back",
    "judge_choice",
    "judge_number",
    "judge_text",
    "main_clause",
    "readings",
    "says",
    "value_letters",
    "without_fillers",
]
