"""Whether and when a request is tried again. Pure: times and chance are arguments.

The wait is an exponential backoff with full jitter: before try n + 1 it is uniform in
[0, 0.5 s · 2ⁿ⁻¹]. ``Retry-After`` (RFC 9110 §10.2.3) is added to it, up to 30 s.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isfinite
from typing import Final

from .failure import Fault

__all__ = ["MOST_TRIES", "asked_wait", "wait_before_next"]

MOST_TRIES: Final = 4
_BASE: Final = 0.5
_LONGEST_ASKED: Final = 30.0
_LONGEST_HEADER: Final = 64


def wait_before_next(fault: Fault, tries: int, left: float, chance: float) -> float | None:
    """Seconds to wait after so many tries, or None if there is no other try.

    ``left`` are the seconds of the total that remain, ``chance`` is uniform in [0, 1).
    """
    if not fault.again or tries >= MOST_TRIES:
        return None
    asked = min(fault.after or 0.0, _LONGEST_ASKED)
    wait = asked + chance * _BASE * 2.0 ** (tries - 1)
    return wait if wait < left else None


def asked_wait(headers: Mapping[str, str]) -> float | None:
    """The seconds, from 0, for which a response asks to be left alone; None if it does not.

    A date is compared with the response's own ``Date``, so that no clock has to be right.
    """
    text = headers.get("retry-after", "").strip()
    if not text or len(text) > _LONGEST_HEADER:
        return None
    try:
        seconds = float(text)
    except ValueError:
        then, now = _date(text), _date(headers.get("date", ""))
        if then is None or now is None:
            return None
        seconds = (then - now).total_seconds()
    return max(0.0, seconds) if isfinite(seconds) else None


def _date(text: str) -> datetime | None:
    if len(text) > _LONGEST_HEADER:
        return None
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
