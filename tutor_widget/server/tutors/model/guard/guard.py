"""The guard of one reply: text goes in as the model writes it, and comes out when it is harmless.

The order of one piece, which is a sentence, a list or a code block (`segments`):

1. It is read as people see it (`visible`), and once more without Markdown inside of words.
2. Alone, and joined with the pieces before it, it must not tell the answer (`answers`), nor must
   what it hides (`disguises`): codes, ROT13, text backwards, words letter by letter.
3. It must not have more code than the course allows (`code`).
4. It must not have a run of the prompt's words (`prompt_runs`).

Nothing that a text says is obeyed, and time plays no part. The work for a piece is bounded, so that
the whole is linear.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from ...lesson.steps import Step
from .answers import Answers, Elimination
from .code import Code, CodePolicy
from .disguises import decoded, singles, spelt
from .piece import Piece
from .prompt_runs import PromptRuns
from .segments import MOST, Segment, Segments

__all__ = ["Finding", "Guard"]

_MOST_SINGLES: Final = 60
"""Letters that stand alone, of the whole reply, which may spell an answer."""
_JOINED: Final = 2
"""Pieces before one that it is joined with."""
_SHORT: Final = 160
"""Characters of pieces that the judge sees joined."""
_COMMENT: Final = re.compile(r"(?m)(?:#|^\s*//|/\*|--|<!--|\"\"\"|''')[ \t!:*-]{0,8}(.{1,300})")


@dataclass(frozen=True, slots=True)
class Finding:
    """What a reply held that must not leave."""

    kind: Literal["answer", "code", "prompt"]


class Guard:
    """What may leave of one reply. Pure; one for each reply.

    ``step``: the learner's step, None if its answer may be told. ``translations``: the same step in
    other languages. ``hints``: how many of its hints were given. ``prompt``: the system prompt.
    ``question``: what the learner wrote, ``attached``: code and task that came along. ``glossary``:
    texts of the author that may be repeated.
    """

    found: Finding | None
    """What was found. From then on nothing leaves."""

    def __init__(
        self,
        *,
        step: Step | None,
        code: CodePolicy,
        prompt: str,
        question: str,
        attached: str = "",
        glossary: Iterable[str] = (),
        hints: int = 0,
        translations: Sequence[Step] = (),
    ) -> None:
        self.found = None
        texts = tuple(glossary)
        steps = () if step is None else (step, *_others(step, translations))
        self._answers = tuple(
            Answers(one, (*texts, *_said(one, hints)), is_judged=one is step) for one in steps
        )
        shown = [one.question for one in steps]
        self._code = Code(code, attached, (question, *shown))
        self._prompt = PromptRuns(prompt, (*texts, *shown, question))
        self._segments = Segments(lists=any(one.choices for one in steps))
        self._before: deque[str] = deque(maxlen=_JOINED)
        self._singles: deque[str] = deque(maxlen=_MOST_SINGLES)
        self._left = tuple(one.elimination() for one in self._answers)
        self._is_cut = False

    def take(self, piece: str) -> str:
        """What may leave now that the model has written this piece; "" while it is held back."""
        return "".join(self._passed(self._segments.take(piece)))

    def end(self) -> str:
        """The rest that may leave. The model has written all."""
        return "".join(self._passed(self._segments.end()))

    def _passed(self, segments: Iterable[Segment]) -> Iterator[str]:
        for segment in segments:
            self.found = self.found or self._find(segment)
            if self.found:
                break
            yield segment.text

    def _find(self, segment: Segment) -> Finding | None:
        piece = Piece(segment.text, segment.kind == "code")
        if self._prompt.take(piece.plain) or any(map(self._prompt.is_in, piece.hidden)):
            return Finding("prompt")
        if self._tells(piece):
            return Finding("answer")
        if self._code.is_too_much(piece.text, is_block=piece.is_code):
            return Finding("code")
        self._is_cut = segment.is_cut
        self._before.append(piece.plain)
        return None

    def _tells(self, piece: Piece) -> bool:
        """Whether it tells the answer, alone or with what was before it."""
        if not self._answers or not piece.text.strip():
            return False
        self._singles.extend(singles(piece.plain))
        if any(answers.is_even(piece.plain) for answers in self._answers):
            return False
        joined = self._joined(piece.plain)
        return any(
            _tells_alone(answers, piece) or self._tells_joined(answers, left, joined, piece.plain)
            for answers, left in zip(self._answers, self._left, strict=True)
        )

    def _joined(self, plain: str) -> str:
        return ("" if self._is_cut else " ").join((*self._before, plain))

    def _tells_joined(
        self, answers: Answers, left: Elimination | None, joined: str, plain: str
    ) -> bool:
        """Whether pieces together tell what none of them tells."""
        if (left is not None and left.take(plain)) or answers.take(plain):
            return True
        if answers.is_spelt_apart("".join(self._singles).casefold()):
            return True
        if joined == plain:
            return False
        if len(joined) <= MOST + _SHORT and answers.is_pieced(joined):
            return True
        if len(joined) <= _SHORT and "?" not in joined and "？" not in joined:
            return answers.judges_joined(joined) or any(map(answers.is_spelt, spelt(joined)))
        return any(map(answers.tell_hidden, decoded(joined)))


def _tells_alone(answers: Answers, piece: Piece) -> bool:
    text, plain = piece.text, piece.plain
    if piece.is_code:
        comments = _COMMENT.findall(plain)
        if answers.tell_code(text) or any(map(answers.tell, comments)):
            return True
    elif answers.tell(text) or (plain != text and answers.tell(plain)):
        return True
    return any(map(answers.tell_hidden, piece.hidden)) or answers.tell_mirrored(piece)


def _others(step: Step, translations: Iterable[Step]) -> Iterator[Step]:
    """The translations whose answers are others, so that they are looked for, too."""
    seen = [(step.answers, step.choices)]
    for other in translations:
        if (other.answers, other.choices) not in seen:
            seen.append((other.answers, other.choices))
            yield other


def _said(step: Step, hints: int) -> Iterator[str]:
    """What the lesson itself says before the answer is told."""
    yield from (step.also, step.example, *step.hints[:hints])
    yield from (mistake.say for mistake in step.mistakes)
