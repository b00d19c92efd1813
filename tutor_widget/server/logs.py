"""Structured logs: one JSON object a line, and never what a learner wrote.

Sessions appear as a hash, so that lines about one can be found without the id, which may be all
the secret there is. No message text, no token, no state. An exception appears by its type and its
place; its text and traceback, which may quote the learner, only at level DEBUG.
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
import traceback
from pathlib import PurePath
from typing import Any, Final

__all__ = ["JsonLines", "log", "tag_of", "where"]

_logger: Final = logging.getLogger("tutor_widget.server")
_logger.addHandler(logging.NullHandler())  # an embedded server says nothing in the notebook


def log(event: str, level: str = "info", **fields: object) -> None:
    """One line: what happened, and its facts."""
    number = logging.getLevelNamesMapping()[level.upper()]
    _logger.log(number, event, extra={"fields": fields})


def tag_of(account: str, session: str) -> str:
    """A session's name in logs: the same for the same session, and of no use for coming in."""
    return hashlib.sha256(f"{account}\0{session}".encode()).hexdigest()[:12]


def where(error: BaseException, *, quote: bool = True) -> dict[str, Any]:
    """Type and place of an exception, and at level DEBUG the whole of it.

    ``quote`` false leaves its text out there too: it may hold a secret.
    """
    frames = traceback.extract_tb(error.__traceback__)
    last = frames[-1] if frames else None
    facts = {"error": type(error).__name__}
    if last is not None:
        facts["at"] = f"{PurePath(last.filename).name}:{last.lineno}"
    if _logger.isEnabledFor(logging.DEBUG):
        lines = (
            traceback.format_exception(error) if quote else traceback.format_tb(error.__traceback__)
        )
        facts["traceback"] = "".join(lines)
    return facts


class JsonLines(logging.Formatter):
    """``{"time": …, "level": …, "event": …, …}``"""

    def format(self, record: logging.LogRecord) -> str:
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line = {
            "time": f"{moment}.{record.msecs:03.0f}Z",
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        return json.dumps(line, ensure_ascii=False, default=str)
