"""Messages as HTML that a strict policy lets through: no style stands in an element."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from tutor_widget.markup import html as markdown
from tutor_widget.markup import typed
from tutor_widget.wire import Event

__all__ = ["attached", "drawn", "drawn_answer", "drawn_question"]

_STYLED: Final = re.compile(r'(<(?:p|t[dh])) style="(?:text-align:(\w+)|white-space: pre-wrap)"')
"""All that `tutor_widget.markup` styles. A message cannot hold it: its `<` are escaped."""


def drawn(event: Event) -> str:
    """The text of an event, as the chat shows it."""
    return drawn_question(event.text) if event.role == "learner" else drawn_answer(event.text)


def attached(context: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What a learner attached to a message: what it is (``cell``, ``error``), and its text."""
    found = []
    if isinstance(cell := context.get("cell"), str):
        found.append(("cell", cell))
    if isinstance(error := context.get("error"), dict):
        lines = (error.get("traceback"), f"{error.get('name')}: {error.get('message')}")
        found.append(("error", "\n".join(str(line) for line in lines if line)))
    return found


def drawn_question(text: str) -> str:
    """What a learner typed."""
    return _without_styles(typed.html(text))


def drawn_answer(text: str) -> str:
    """What a tutor or a teacher wrote, in Markdown."""
    return _without_styles(markdown.html(text))


def _without_styles(html: str) -> str:
    return _STYLED.sub(lambda found: f'{found[1]} class="{found[2] or "typed"}"', html)
