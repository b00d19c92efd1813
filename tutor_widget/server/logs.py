"""Structured logs: one JSON object a line, and never what a learner wrote.

A session appears as a hash of its id, because the id may be the only secret that protects it. No
line holds a message's text, a token or a state. An exception appears as its type and place; its
text and traceback may quote the learner, so they appear at level DEBUG only.
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

_LEVELS: Final = {"info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
_encoder: Final = json.JSONEncoder(ensure_ascii=False, default=str)
_logger: Final = logging.getLogger("tutor_widget.server")
_logger.addHandler(logging.NullHandler())  # an embedded server prints nothing in the notebook


def log(event: str, level: str = "info", **fields: object) -> None:
    """Write one line. docs/operating.md lists the events."""
    _logger.log(_LEVELS[level], event, extra={"fields": fields})


def tag_of(account: str, session: str) -> str:
    """The name of a session in logs. It gives no access to the session."""
    return hashlib.sha256(f"{account}\0{session}".encode()).hexdigest()[:12]


def where(error: BaseException, *, quote: bool = True) -> dict[str, Any]:
    """The fields ``error`` (type) and ``at`` (file and line) of an exception.

    At level DEBUG also ``traceback``. Without ``quote`` the traceback leaves out the exception's
    text, which may hold a secret.
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
        return _encoder.encode(line)
