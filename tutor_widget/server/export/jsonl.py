"""An export as JSON lines: one for each conversation, and one for each of its events behind it.

docs/operating.md lists the keys. A key without a value is left out.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from tutor_widget.server.store import Entry, Head, Listed, Report

from .names import Names

__all__ = ["JsonLines"]

_encoder: Final = msgspec.json.Encoder()


class JsonLines:
    """The form ``jsonl``. With ``contexts`` also what learners have attached."""

    def __init__(self, names: Names, *, contexts: bool = False) -> None:
        self._names = names
        self._contexts = contexts

    def session(self, session: Listed, head: Head) -> bytes:
        return _line(
            {
                "type": "session",
                **self._place(session),
                "groups": sorted(session.groups),
                "began": session.began,
                "active": session.active,
                "state": head.state,
                "rev": head.rev,
            }
        )

    def entry(self, session: Listed, entry: Entry) -> bytes:
        event = entry.event
        return _line(
            {
                "type": "event",
                **self._place(session),
                "seq": event.seq,
                "id": event.id,
                "role": event.role,
                "by": self._names.author(event.by),
                "text": event.text,
                "at": event.at,
                "status": event.status,
                "re": event.re,
                "context": entry.context or None if self._contexts else None,
                "record": self._names.record(entry.record) or None,
                "report": _report(entry.report),
            }
        )

    def end(self) -> bytes:
        return b""

    def _place(self, session: Listed) -> dict[str, Any]:
        return {"session": self._names.session(session), "account": self._names.account(session)}


def _report(report: Report | None) -> dict[str, Any] | None:
    return None if report is None else {"reason": report.reason, "at": report.at}


def _line(fields: dict[str, Any]) -> bytes:
    given = {name: value for name, value in fields.items() if value is not None}
    return _encoder.encode(given) + b"\n"
