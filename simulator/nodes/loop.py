"""The event loop of one simulated process.

Its time is the environment's, and nothing here waits. Each process has a loop of its own, so that
one can be killed (its loop never runs again) or frozen (it runs again later, with everything that
became due meanwhile) while the others go on.

asyncio calls ready callbacks in their order, and this loop does too. What asyncio leaves open comes
from the seed: how much time passes between two turns, so that a result may arrive between any two
of them, and the order of timers that are due at the same time.
"""

from __future__ import annotations

import asyncio
import contextlib
from asyncio import Future, Handle, Task, TimerHandle
from collections import deque
from collections.abc import Callable, Coroutine
from contextvars import Context
from typing import Any, Final, TypeVarTuple

from simulator.environment import Environment

__all__ = ["SimulatedLoop"]

Ts = TypeVarTuple("Ts")
_TIE: Final = 1e-6
"""Seconds within which timers of one time come in any order."""
_CLOSINGS: Final = 50
"""Awaits in the cleanup of an abandoned coroutine, at most."""


class SimulatedLoop(asyncio.AbstractEventLoop):
    """Runs the tasks of one process in simulated time. ``turn`` bounds a turn's length, in s.

    ``fail`` is called with what a callback or a forgotten task has raised. ``ahead``: by how many
    seconds the process's clock shows more than the environment's.

    What needs threads, sockets or signals raises NotImplementedError, as the base class does.
    """

    def __init__(
        self,
        environment: Environment,
        turn: float,
        fail: Callable[[str], None] = print,
        ahead: float = 0.0,
    ) -> None:
        self._fail = fail
        self._environment = environment
        self._longest_turn = turn
        self._ahead = ahead
        self._ready: deque[Handle] = deque()
        self._is_planned = False
        self._is_dead = False
        self._is_frozen = False
        self._tasks: list[Task[Any]] = []

    # --- the process ------------------------------------------------------------------------------

    def kill(self) -> None:
        """Never run again. Nothing that a task would do at its end happens."""
        self._is_dead = True

    def freeze(self, seconds: float) -> None:
        """Stand still for so long."""
        self._is_frozen = True
        self._environment.call_later(seconds, self._thaw)

    def _thaw(self) -> None:
        self._is_frozen = False
        self._plan()

    def abandon(self) -> None:
        """Release the tasks that will never end, without a warning for each."""
        self.kill()
        asyncio._set_running_loop(self)  # what their cleanup begins belongs to this loop, too
        try:
            while self._tasks:
                task = self._tasks.pop()
                if not task.done():
                    task._log_destroy_pending = False  # type: ignore[attr-defined]
                    _close(task.get_coro())
        finally:
            asyncio._set_running_loop(None)
        self._ready.clear()

    # --- asyncio's interface ----------------------------------------------------------------------

    def time(self) -> float:
        return self._environment.now + self._ahead

    def call_soon(
        self,
        callback: Callable[[*Ts], object],
        *args: *Ts,
        context: Context | None = None,
    ) -> Handle:
        handle = Handle(callback, args, self, context)
        self._enqueue(handle)
        return handle

    def call_later(
        self,
        delay: float,
        callback: Callable[[*Ts], object],
        *args: *Ts,
        context: Context | None = None,
    ) -> TimerHandle:
        return self.call_at(self.time() + delay, callback, *args, context=context)

    def call_at(
        self,
        when: float,
        callback: Callable[[*Ts], object],
        *args: *Ts,
        context: Context | None = None,
    ) -> TimerHandle:
        timer = TimerHandle(when, callback, args, self, context)
        delay = max(0.0, when - self.time()) + _TIE * self._environment.random.random()
        self._environment.call_later(delay, lambda: self._enqueue(timer))
        return timer

    def create_future(self) -> Future[Any]:
        return Future(loop=self)

    def create_task(self, coro: Any, **keywords: Any) -> Task[Any]:
        task: Task[Any] = Task(coro, loop=self, **keywords)
        if len(self._tasks) > 200:
            self._tasks = [one for one in self._tasks if not one.done()]
        self._tasks.append(task)
        return task

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        if not self._is_dead:
            self._fail(f"{context.get('message')}: {context.get('exception')!r}")

    def get_debug(self) -> bool:
        return False

    def is_running(self) -> bool:
        return not self._is_dead

    def is_closed(self) -> bool:
        return self._is_dead

    def _timer_handle_cancelled(self, handle: TimerHandle) -> None:
        pass  # it is skipped when it is due

    # --- turns ------------------------------------------------------------------------------------

    def _enqueue(self, handle: Handle) -> None:
        if not handle.cancelled():
            self._ready.append(handle)
            self._plan()

    def _plan(self) -> None:
        if self._ready and not (self._is_planned or self._is_frozen or self._is_dead):
            self._is_planned = True
            turn = self._longest_turn * self._environment.random.random()
            self._environment.call_later(turn, self._turn)

    def _turn(self) -> None:
        self._is_planned = False
        if self._is_frozen or self._is_dead:
            return
        asyncio._set_running_loop(self)
        try:
            for _ in range(len(self._ready)):
                handle = self._ready.popleft()
                if not handle.cancelled():
                    handle._run()
                if self._is_dead:
                    return
        finally:
            asyncio._set_running_loop(None)
        self._plan()


def _close(coroutine: Coroutine[Any, Any, Any] | Any) -> None:
    """Unwind it. Each await in its cleanup counts as an error, and it is closed once more."""
    for _ in range(_CLOSINGS):
        with contextlib.suppress(RuntimeError):
            coroutine.close()
            return
