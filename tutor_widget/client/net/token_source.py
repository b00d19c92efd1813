"""Sources of tokens: a string, or a user's function that returns one."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import re
import threading
from collections.abc import Awaitable, Callable
from typing import Any, Final

from tutor_widget.codes import Code
from tutor_widget.errors import Refused, Unreachable
from tutor_widget.secret import Secret

TokenSource = str | Secret | Callable[[], str | None] | Callable[[], Awaitable[str | None]]

SOURCE_WITHIN: Final = 10.0
"""Seconds that a source of tokens may take."""


class BadToken(Refused):
    """A value given as a token cannot be one. The value is not shown."""


def check_token(token: object, code: Code = "bad_token") -> Secret:
    """The token, if it can be one. Raises BadToken with this code."""
    if isinstance(token, str):
        token = Secret(token)  # a traceback shows the values of variables
    if not isinstance(token, Secret) or not re.fullmatch(r"[\x21-\x7e]+", token.reveal()):
        raise BadToken(code=code)
    return token


async def ask(source: Any) -> Secret | None:
    """Ask a user's function, sync or async, for at most `SOURCE_WITHIN` s.

    Raises BadToken for what is no token, Unreachable for any other failure: the text of the
    function's own error may hold a secret, and is not shown.
    """

    async def asked() -> object:
        try:
            if inspect.iscoroutinefunction(source):
                return await source()
            answer = await _in_a_thread(source)
            return await answer if inspect.isawaitable(answer) else answer
        except (KeyboardInterrupt, SystemExit):  # would end the chats' thread
            raise Unreachable(code="sign_in_unavailable") from None

    asking = asyncio.create_task(asked())
    asking.add_done_callback(lambda task: task.cancelled() or task.exception())  # retrieved
    try:
        # Not `wait_for`: that waits for a task that ignores its cancellation.
        await asyncio.wait({asking}, timeout=SOURCE_WITHIN)
    finally:
        asking.cancel()
    try:
        # `result` raises InvalidStateError where it is not done.
        return None if asking.result() is None else check_token(asking.result(), "no_token")
    except BadToken:
        raise
    except (Exception, asyncio.CancelledError):  # noqa: BLE001 - the source is not ours
        raise Unreachable(code="sign_in_unavailable") from None


async def _in_a_thread(function: Callable[[], object]) -> object:
    """Call the function on its own thread: one that never returns blocks neither a pool nor the
    end of the process."""
    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[object] = loop.create_future()

    def settle(answer: object, raised: bool) -> None:
        if not outcome.done():  # else the caller has given up
            if raised:
                outcome.set_exception(Unreachable())
            else:
                outcome.set_result(answer)

    def run() -> None:
        try:
            answer, raised = function(), False
        except BaseException:  # noqa: BLE001 - see `ask`
            answer, raised = None, True
        with contextlib.suppress(RuntimeError):  # the loop is gone
            loop.call_soon_threadsafe(settle, answer, raised)

    threading.Thread(target=run, name="tutor_widget-token", daemon=True).start()
    return await outcome
