"""What a chunk of an answer says, whatever its shape: nothing in it is as it should be.

Pure. A chunk is JSON that the endpoint made, so each key may be missing or hold anything.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from tutor_widget.wire import without_surrogates

__all__ = ["Chunk", "Joiner", "StreamError", "Usage", "read_chunk"]

_MOST_TOKENS: Final = 100_000_000
_LONGEST_MODEL: Final = 200


@dataclass(frozen=True, slots=True)
class Usage:
    """What the endpoint counted, in tokens."""

    prompt: int
    completion: int


@dataclass(frozen=True, slots=True)
class StreamError:
    """The endpoint says that it failed, in the middle of its answer."""

    status: int | None
    """The HTTP status that it means, if it names one."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """One event of an answer."""

    text: str = ""
    reasoning: str = ""
    refusal: str = ""
    finish: str | None = None
    usage: Usage | None = None
    model: str | None = None

    @property
    def is_token(self) -> bool:
        """Whether something was generated. A blank text may go on for ever."""
        return not (self.text + self.reasoning + self.refusal).isspace() and bool(
            self.text or self.reasoning or self.refusal
        )


def read_chunk(data: object) -> Chunk | StreamError:
    """What the event says. Never raises; what has no meaning here is passed over."""
    chunk = _mapping(data)
    if chunk.get("error") or chunk.get("object") == "error":
        return read_error(chunk.get("error") or chunk)
    choice = _first_choice(chunk.get("choices"))
    delta = _mapping(choice.get("delta"))
    return Chunk(
        text=_text(delta.get("content")),
        reasoning=_text(delta.get("reasoning_content")) or _text(delta.get("reasoning")),
        refusal=_text(delta.get("refusal")),
        finish=_text(choice.get("finish_reason")).strip() or None,
        usage=_usage(chunk.get("usage")),
        model=_model(chunk.get("model")),
    )


def read_error(error: object) -> StreamError:
    """The status that an error inside an answer names, as a number or in digits."""
    code = _mapping(error).get("code")
    if isinstance(code, str) and re.fullmatch(r"[45]\d\d", code, re.ASCII):
        code = int(code)
    is_status = type(code) is int and 400 <= code <= 599
    return StreamError(code if is_status else None)


class Joiner:
    """Makes pieces that can be shown: none is blank, and none has half a character.

    Blank text waits for the next that is not, so the end of an answer has none. JSON may cut a
    character into two surrogates, and they may come in two chunks. What has no other half is
    replaced by U+FFFD.
    """

    def __init__(self) -> None:
        self._blank: list[str] = []
        self._half = ""

    def take(self, text: str) -> str:
        """What can be shown now, or ``""``."""
        text = self._half + text
        self._half = text[-1:] if "\ud800" <= text[-1:] <= "\udbff" else ""
        text = without_surrogates(text[: len(text) - len(self._half)])
        self._blank.append(text)
        if not text or text.isspace():
            return ""
        piece = "".join(self._blank)
        self._blank.clear()
        return piece

    def end(self) -> str:
        """What remains to be shown, or ``""``."""
        half, self._half = self._half, ""
        return self.take(without_surrogates(half)) if half else ""


def _first_choice(choices: object) -> Mapping[str, Any]:
    """The first of the answers. We ask for one."""
    if not isinstance(choices, list) or not choices:
        return {}
    choice = _mapping(choices[0])
    return choice if choice.get("index") in (0, None) else {}


def _usage(usage: object) -> Usage | None:
    counts = _mapping(usage)
    prompt = _count(counts.get("prompt_tokens"))
    completion = _count(counts.get("completion_tokens"))
    if prompt is None or completion is None:
        return None
    return Usage(prompt, completion) if prompt or completion else None


def _model(name: object) -> str | None:
    shown = "".join(filter(str.isprintable, _text(name)[:_LONGEST_MODEL])).strip()
    return shown or None


def _count(value: Any) -> int | None:
    return value if type(value) is int and 0 <= value <= _MOST_TOKENS else None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
