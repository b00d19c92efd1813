"""The tutor's first message in a new session."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable
from typing import Any, Final

from tutor_widget.server.logs import log, where
from tutor_widget.server.store import Answer, Erased, Head, Store, StoreError
from tutor_widget.server.tutors import Greeter
from tutor_widget.wire import MAX_REPLY, without_surrogates

from .outcome import MAX_STATE, as_json

__all__ = ["greet"]

GREETING_ID: Final = "_greeting"
"""The same in every session, so that the store writes one greeting only."""
_GREETING_TIME: Final = 5.0
"""Seconds that a tutor may take for its greeting. After them the session opens without one."""


async def greet(store: Store, tutor: Greeter, head: Head, lang: str | None) -> Head | Erased:
    """Commit the tutor's greeting in an empty session. Returns the session's head after it.

    A tutor that fails, or a store that was closed, leaves the session as it is.
    """
    state: dict[str, Any] = dict(head.state)
    try:
        async with asyncio.timeout(_GREETING_TIME):
            text = without_surrogates(await _greeting(tutor, state, lang))[:MAX_REPLY]
        kept = as_json(state, MAX_STATE)
    except Exception as error:  # noqa: BLE001  # the tutor is foreign code
        log("greeting failed", level="error", **where(error))
        return head
    if not text:
        return head
    answer = Answer(GREETING_ID, "", text, "complete", kept or None)
    try:
        await store.greet(head.key, answer)
    except StoreError:
        return head
    return await store.head(head.key)


def _greeting(tutor: Greeter, state: dict[str, Any], lang: str | None) -> Awaitable[str]:
    """Ask the tutor, which may be one that takes no language."""
    takes_language = len(inspect.signature(tutor.greeting).parameters) > 1
    return tutor.greeting(state, lang) if takes_language else tutor.greeting(state)
