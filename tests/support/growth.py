"""What a piece of work costs, for tests of how that grows with a text."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import thread_time

__all__ = ["FLOOR", "cost"]

FLOOR = 0.001
"""Seconds of the thread below which a cost says nothing of its growth."""


def cost(work: Callable[[], object], *, repeats: int = 5) -> float:
    """The thread's own time for the work, in s and at least `FLOOR`: the least of all repeats.

    What other threads and programs take does not count. Nor does the garbage collector: a full
    collection takes as long as all objects of the process are many, and may fall into any repeat.
    """
    return max(FLOOR, min(_seconds(work) for _ in range(repeats)))


def _seconds(work: Callable[[], object]) -> float:
    with _no_collection():
        before = thread_time()
        work()
        return thread_time() - before


@contextmanager
def _no_collection() -> Iterator[None]:
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
