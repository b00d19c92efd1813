"""What a reply only repeats: lines, lists and code of the question, sentences of its author. Pure.

A repeated number or word of the question tells nothing. So that it hides nothing either, only what
stands there as a whole counts: a line, a bracketed list, or a code span that is no answer alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from ...lesson.normal import clean, tidy, words
from .visible import bare

__all__ = ["Quotes"]

_SPAN: Final = re.compile(r"(?<!`)(`{1,2})(?!`)([^`\n]{1,200})\1(?!`)")
_LIST: Final = re.compile(r"[\[({]([^\[\](){}\n]{1,200})[\])}]")
_ENUMERATED: Final = re.compile(
    r"(?<![\w\"'`])[\"'`]{0,2}\w+[\"'`]{0,2}"
    r"(?:(?:, and | and |, und | und | y | et |, |和|、)[\"'`]{0,2}\w+[\"'`]{0,2}){1,40}"
)
_ELEMENT: Final = re.compile(r"\w+")
_JOINTS: Final = frozenset(("and", "und", "y", "et"))
_SENTENCE: Final = re.compile(r"(?<=[.!?…])\s+|\n+|(?<=[。！？])")
_MOST_SPANS: Final = 200
_LEAST_WORDS: Final = 3
_LEAST_LINES: Final = 3
"""Lines of the question's code that are repeated together, however short each is."""


class Quotes:
    """What may be repeated at a step.

    ``question`` and ``texts`` are of the author. ``is_answer``: whether a text alone is an answer,
    ``is_telling``: whether a part of the question has to stay, because it is a wrong one, which
    tells nothing beside the right one, or says where that stands.
    """

    def __init__(
        self,
        question: str,
        texts: Iterable[str],
        is_answer: Callable[[str], bool],
        is_telling: Callable[[str], bool],
    ) -> None:
        self._is_answer = is_answer
        self._is_telling = is_telling
        self._kept_spans: dict[str, bool] = {}
        self._code_lines = frozenset(filter(None, map(tidy, map(clean, question.splitlines()))))
        self._code = tidy(clean_all(question))
        # A reply is read without tags, too, and "<module>" looks like one.
        self._lines = frozenset(self._kept((*question.splitlines(), *bare(question).splitlines())))
        self._sentences = frozenset(
            self._kept(part for text in (question, *texts) for part in _SENTENCE.split(text))
        )
        self._lists = frozenset(_elements(match[1]) for match in _LIST.finditer(question))

    def _kept(self, parts: Iterable[str]) -> Iterator[str]:
        """What is long enough to be a quotation, and no answer."""
        for part in parts:
            form = tidy(clean(part))
            if len(words(form)) >= _LEAST_WORDS and not self._is_answer(part):
                yield form

    def is_quoted(self, text: str) -> bool:
        """Whether the text is a line or sentence of the author, and nothing else."""
        form = tidy(clean(text))
        return form in self._lines or form in self._sentences

    def masked(self, text: str) -> str:
        """The text with "…" in the place of what it repeats."""
        kept = [" … " if self.is_quoted(part) else part for part in _pieces(text)]
        masked = _LIST.sub(self._mask_list, "".join(kept))
        masked = _ENUMERATED.sub(self._mask_row, masked)
        return _SPAN.sub(self._mask_span, masked)

    def masked_code(self, text: str) -> str:
        """The code without the lines of the question's code, if it has several of them."""
        lines = text.splitlines()
        shown = [tidy(clean(line)) in self._code_lines for line in lines]
        if sum(shown) < _LEAST_LINES:
            return self.masked(text)
        kept = (line for line, is_shown in zip(lines, shown, strict=True) if not is_shown)
        return self.masked("\n".join(kept))

    def _mask_span(self, match: re.Match[str]) -> str:
        form = tidy(clean(match[2]))
        is_repeated = len(form) > 1 and _stands_in(form, self._code)
        is_line = form in self._lines
        if is_line or (is_repeated and not self._is_kept(match[2])):
            return "`…`"
        return match[0]

    def _is_kept(self, span: str) -> bool:
        """Whether a span of the question says something by itself."""
        if span not in self._kept_spans:
            if len(self._kept_spans) >= _MOST_SPANS:
                self._kept_spans.clear()
            self._kept_spans[span] = self._is_answer(span) or self._is_telling(span)
        return self._kept_spans[span]

    def _mask_list(self, match: re.Match[str]) -> str:
        return " … " if self._is_list(match[1]) else match[0]

    def _mask_row(self, match: re.Match[str]) -> str:
        return " … " if self._is_list(match[0]) else match[0]

    def _is_list(self, inner: str) -> bool:
        elements = _elements(inner)
        return len(elements) > 1 and elements in self._lists and not self._is_answer(inner)


def clean_all(text: str) -> str:
    """The whole text as `normal.clean` leaves it, in pieces of the size that it reads."""
    return "\n".join(clean(line) for line in text.splitlines())


def _pieces(text: str) -> list[str]:
    """Sentences and lines, with what is between them."""
    return re.split(r"((?<=[.!?…])\s+|\n+|(?<=[。！？]))", text)


def _elements(inner: str) -> tuple[str, ...]:
    return tuple(word for word in _ELEMENT.findall(inner.casefold()) if word not in _JOINTS)


def _stands_in(form: str, whole: str) -> bool:
    at = whole.find(form)
    while at >= 0:
        before, behind = whole[at - 1 : at], whole[at + len(form) : at + len(form) + 1]
        if not (before.isalnum() and form[0].isalnum()) and not (
            behind.isalnum() and form[-1].isalnum()
        ):
            return True
        at = whole.find(form, at + 1)
    return False
