"""Structured logs: one JSON object a line, or plain lines for a person; never what a learner wrote.

Sessions and accounts appear under pseudonyms (`auth.pseudonyms`), because the id of a session may
be the only secret that protects it. No line holds a message's text, a token or a state. An
exception appears as its type and place; its text and traceback may quote the learner, so they
appear at level DEBUG only.
"""

from __future__ import annotations

import json
import logging
import math
import time
import traceback
from collections.abc import Hashable
from pathlib import PurePath
from typing import Any, Final

__all__ = ["JsonLines", "Outage", "PlainLines", "Throttle", "audit", "log", "where"]

_LEVELS: Final = {"info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
_encoder: Final = json.JSONEncoder(ensure_ascii=False, default=str)
_logger: Final = logging.getLogger("tutor_widget.server")
_logger.addHandler(logging.NullHandler())  # an embedded server prints nothing in the notebook


def log(event: str, level: str = "info", **fields: object) -> None:
    """Write one line. docs/operating.md lists the events."""
    _write(event, level, fields)


def _write(event: str, level: str, fields: dict[str, object]) -> None:
    number = _LEVELS[level]
    if _logger.isEnabledFor(number):
        # Not by `Logger.log`, which searches the stack for its caller. No line names that.
        more = {"fields": fields}
        _logger.handle(_logger.makeRecord(_logger.name, number, "", 0, event, (), None, extra=more))


def audit(event: str, **fields: object) -> None:
    """Write one line, with ``audit``, about who has read or deleted which conversations.

    It names no account and no session but by pseudonyms; a field that is None is left out.
    """
    given = {name: value for name, value in fields.items() if value is not None}
    _write(event, "info", {"audit": True, **given})


def where(error: BaseException, *, quote: bool = True) -> dict[str, Any]:
    """The fields ``error`` (type) and ``at`` (file and line) of an exception.

    At level DEBUG also ``traceback``. Without ``quote`` the traceback leaves out the exception's
    text, which may hold a secret.
    """
    frames = traceback.extract_tb(error.__traceback__)
    last = frames[-1] if frames else None
    name = type(error).__name__
    facts = {"error": name if name.isidentifier() else "Exception"}  # made at run time, of any text
    if last is not None:
        facts["at"] = f"{PurePath(last.filename).name}:{last.lineno}"
    if _logger.isEnabledFor(logging.DEBUG):
        lines = (
            traceback.format_exception(error) if quote else traceback.format_tb(error.__traceback__)
        )
        facts["traceback"] = "".join(lines)
    return facts


class Throttle:
    """Admits each key once in ``seconds``, and remembers ``most`` keys. Time is an argument."""

    def __init__(self, seconds: float, most: int = 256) -> None:
        self._seconds = seconds
        self._most = most
        self._last: dict[Hashable, tuple[float, int]] = {}
        """When each key was admitted, and how often it was not since."""

    def admit(self, key: Hashable, now: float) -> int | None:
        """How often the key was not admitted since the last time; None if it is not now."""
        at, skipped = self._last.pop(key, (-math.inf, 0))
        if now - at < self._seconds:
            self._last[key] = (at, skipped + 1)
            return None
        self._last[key] = (now, 0)
        if len(self._last) > self._most:
            del self._last[next(iter(self._last))]
        return skipped


class Outage:
    """Logs why a store cannot commit, or cannot be read: each reason once a minute."""

    def __init__(self) -> None:
        self._throttle = Throttle(60.0)

    def note(self, reason: str) -> None:
        """``reason`` holds no password, and no learner's words."""
        if (skipped := self._throttle.admit(reason, time.monotonic())) is not None:
            log("store unavailable", level="warning", reason=reason, skipped=skipped)


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


class PlainLines(logging.Formatter):
    """``14:05:59  warning: token file refused, reason …`` in local time, for a person to read."""

    def format(self, record: logging.LogRecord) -> str:
        fields = {**getattr(record, "fields", {})}
        traceback = fields.pop("traceback", "")  # at level DEBUG
        level = "" if record.levelno == logging.INFO else f"{record.levelname.lower()}: "
        said = ", ".join(
            [f"{level}{record.getMessage()}", *(f"{k} {v}" for k, v in fields.items())]
        )
        lines = [f"{time.strftime('%H:%M:%S', time.localtime(record.created))}  {said}"]
        return "\n".join(_harmless(line) for line in lines + str(traceback).splitlines())


def _harmless(line: str) -> str:
    """A line that drives no terminal."""
    return "".join(c if c.isprintable() else "\ufffd" for c in line)
