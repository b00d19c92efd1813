"""An export as Markdown, for people to read.

A conversation is a heading with one ``#``, all in it has two. No message has such a heading: what
learners wrote is text, and a tutor's headings are lower.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from tutor_widget.markup import markdown, typed
from tutor_widget.server.store import Entry, Head, Listed

from .names import Names

__all__ = ["Markdown"]

_WHO: Final = {"learner": "Learner", "tutor": "Tutor", "notice": "Notice"}
_LATEST: Final = int(datetime(9999, 12, 31, tzinfo=UTC).timestamp() * 1000)


class Markdown:
    """The form ``md``. With ``contexts`` also what learners have attached."""

    def __init__(self, names: Names, *, contexts: bool = False) -> None:
        self._names = names
        self._contexts = contexts

    def session(self, session: Listed, head: Head) -> bytes:
        account = self._names.account(session)
        about = [
            *([] if account is None else [f"account {markdown.inline(account)}"]),
            *(f"group {markdown.inline(group)}" for group in sorted(session.groups)),
            f"{_time(session.began)} to {_time(session.active)}",
            f"{head.seq} messages",
        ]
        title = markdown.inline(self._names.session(session))
        return _blocks(f"# Conversation {title}", ", ".join(about))

    def entry(self, session: Listed, entry: Entry) -> bytes:
        return _blocks(*self._message(entry), *self._attached(entry), *_reported(entry))

    def end(self) -> bytes:
        return b""

    def _message(self, entry: Entry) -> Iterator[str]:
        event = entry.event
        author = self._names.author(event.by)
        who = _WHO[event.role] if author is None else markdown.inline(author)
        note = "" if event.status == "complete" else f" ({event.status})"
        yield f"## {who}, {_time(event.at)}{note}"
        yield (typed.markdown if event.role == "learner" else markdown.markdown)(event.text)

    def _attached(self, entry: Entry) -> Iterator[str]:
        if not self._contexts:
            return
        if (cell := entry.context.get("cell")) is not None:
            yield "## Attached cell"
            yield typed.markdown(str(cell))
        if (error := entry.context.get("error")) is not None:
            yield "## Attached error"
            yield typed.markdown(_error(error))


def _error(error: dict[str, Any]) -> str:
    return f"{error.get('traceback')}\n{error.get('name')}: {error.get('message')}"


def _reported(entry: Entry) -> Iterator[str]:
    if (report := entry.report) is not None:
        yield f"## Reported by the learner, {_time(report.at)}"
        yield typed.markdown(report.reason or "")


def _blocks(*blocks: str) -> bytes:
    return "".join(f"{block}\n\n" for block in blocks if block).encode()


def _time(at: int) -> str:
    return f"{datetime.fromtimestamp(min(at, _LATEST) / 1000, UTC):%Y-%m-%d %H:%M:%S} UTC"
