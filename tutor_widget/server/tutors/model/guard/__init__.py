"""What must not leave: the answer of a step, more code than the course allows, the prompt.

A `Guard` stands between the model and the learner. It holds text back to the end of a sentence, a
list or a code block, at most 400 characters, and lets go what is harmless. It reads no
instructions, so it cannot be talked out of anything.

    guard         joins it all
    segments      cuts the stream into pieces
    piece         a piece in all forms in which it is read
    visible       a text as people see it
    disguises     base64, hex, ROT13, backwards, letter by letter
    answers       whether a text tells the answer of a step
    quotes        what only repeats the question
    code          the code policy of the course
    prompt_runs   words of the system prompt
    words         words around an answer, in five languages
"""

from __future__ import annotations

from .code import CodePolicy
from .guard import Finding, Guard
from .segments import MOST

__all__ = ["MOST", "CodePolicy", "Finding", "Guard"]
