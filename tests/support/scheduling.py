"""Which tests one process runs in one go, where pytest-xdist runs several processes."""

from __future__ import annotations

from typing import Final

from xdist.scheduler import LoadScopeScheduling

__all__ = ["Scheduling"]

IN_ONE_GO: Final = (
    "tests/browser/chat/",
    "tests/browser/connection/",
    "tests/browser/",
    "tests/dashboard/auth/test_hub.py",
    "tests/server/auth/test_real_hub.py",
    "tests/server/test_nodes.py",
    "tests/server/tutors/lesson/errors/test_mistakes.py",
)
"""Beginnings of node ids; of two that fit the first counts.

A JupyterLab and a Chromium serve until their process comes to a test outside of `tests/browser`:
to start them costs more than most of the tests there. These keep a core busy each, and of more
than two at once all are late for what they wait for. Those of `hosts` write what they see into one
file.
"""


class Scheduling(LoadScopeScheduling):  # type: ignore[misc] # it has no types
    """Those in one go first, the largest first; all others one by one, to whichever is free.

    pytest-xdist's own groups need a node id that tells the group; pytest 9.2 shows them none.
    """

    def _split_scope(self, nodeid: str) -> str:
        return next((start for start in IN_ONE_GO if nodeid.startswith(start)), nodeid)
