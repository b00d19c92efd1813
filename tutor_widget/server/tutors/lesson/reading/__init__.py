"""What a message is: an answer, a command, or talk.

reader       reads a message at a step, in the order that decides
commands     the command in a message
questions    what asks, and what says that somebody is lost
attempt      what is an answer that stands alone, be it right or wrong
talk         what else is not meant as an answer
subjects     what talk is about
asked_words  the word whose meaning is asked for
asides       what may go with an answer, and is none: "sorry, I think it's … lol"
bound        numbers that are no answer: "step 2"
respelling   words around an answer without their typing mistakes
foreign      languages that neither the tutor nor the lesson speaks
step_words   the words of a step, which an answer may have
"""

from __future__ import annotations

from .asked_words import asked_word, is_definition_asked
from .commands import LAST
from .questions import is_question
from .reader import Reading, command_in, is_help_wanted, read_message
from .subjects import Subject, subject_of

__all__ = [
    "LAST",
    "Reading",
    "Subject",
    "asked_word",
    "command_in",
    "is_definition_asked",
    "is_help_wanted",
    "is_question",
    "read_message",
    "subject_of",
]
