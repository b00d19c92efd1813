"""What one of the faults is."""

from __future__ import annotations

from typing import Final, NamedTuple

SIMULATOR: Final = "the simulator"
NODES: Final = "the simulated nodes"


class Mutation(NamedTuple):
    """One fault. ``old`` occurs in ``file`` exactly once, and becomes ``new``.

    ``file`` is a path from the repository's root. ``by`` should notice: one of the simulators, or
    tests, as a path from there too (``tests/test_x.py``, ``tests/test_x.py::test_y``,
    ``js/test/x.test.ts``).
    """

    file: str
    old: str
    new: str
    breaks: str
    by: str = SIMULATOR
