"""What a server does with its tutor besides asking it: start it, close it, read its limit."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from typing import Final

from tutor_widget.server.logs import log, where
from tutor_widget.server.settings import BadSetting

from .contract import Closer, Starter, Tutor

__all__ = ["close_tutor", "parallel_of", "start_tutor"]

_START: Final = 60.0
"""Seconds that a tutor may take to start. After them the server does not start."""
_CLOSE: Final = 5.0
"""Seconds that a tutor may take to close. After them the server ends without it."""


def parallel_of(tutor: Tutor) -> int | None:
    """How many replies the tutor makes at once; None is no limit. Raises BadSetting."""
    parallel = getattr(tutor, "parallel", None)
    if parallel is None:
        return None
    if isinstance(parallel, bool) or not isinstance(parallel, int) or parallel < 1:
        raise BadSetting(
            f"{_name(tutor)}.parallel is {parallel!r}: a whole number from 1, or None for no "
            "limit, is expected."
        )
    return parallel


async def start_tutor(tutor: Tutor) -> None:
    """Call its `Starter.start`, if it has one. Raises BadSetting if that fails."""
    if not isinstance(tutor, Starter):
        return
    limit = asyncio.timeout(_START)
    try:
        async with limit:
            await _call(tutor.start)
    except BadSetting:
        raise
    except Exception as error:  # the tutor is foreign code
        if limit.expired():
            raise BadSetting(
                f"the tutor {_name(tutor)} cannot start: it has not started within {_START:g} s. "
                "Look at what its method 'start' waits for."
            ) from error
        facts = where(error)
        raise BadSetting(
            f"the tutor {_name(tutor)} cannot start: {facts['error']} at "
            f"{facts.get('at', 'an unknown place')}: {error}."
        ) from error


async def close_tutor(tutor: Tutor, patience: float = _CLOSE) -> None:
    """Call its `Closer.close`, if it has one. A tutor that fails or hangs there is left behind.

    It may take ``patience`` s, and 5 s at most.
    """
    if not isinstance(tutor, Closer):
        return
    closing = asyncio.create_task(_call(tutor.close))
    done, _ = await asyncio.wait({closing}, timeout=min(patience, _CLOSE))
    closing.cancel()
    if not done:
        log("tutor close timed out", level="warning")
    elif not closing.cancelled() and (error := closing.exception()) is not None:
        log("tutor close failed", level="error", **where(error))


async def _call(method: Callable[[], object]) -> None:
    """Call a tutor's method, which may also be a plain function."""
    if inspect.isawaitable(result := method()):
        await result


def _name(tutor: Tutor) -> str:
    return type(tutor).__name__
