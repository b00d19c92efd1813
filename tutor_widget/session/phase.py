"""The states of the session."""

from __future__ import annotations

from enum import Enum
from typing import Final


class Phase(Enum):
    """The states of the session. `machine` draws the transitions between them."""

    IDLE = "idle"
    DIALING = "dialing"
    GREETING = "greeting"
    REPLAYING = "replaying"
    LIVE = "live"
    WAITING = "waiting"
    RENEWING = "renewing"
    CLOSED = "closed"
    FAILED = "failed"


RESTING: Final = frozenset({Phase.IDLE, Phase.CLOSED, Phase.FAILED})
"""No attempt follows until the program or the learner asks for one."""
WELCOMED: Final = frozenset({Phase.REPLAYING, Phase.LIVE})
CONNECTED: Final = frozenset({Phase.GREETING, Phase.REPLAYING, Phase.LIVE})
DIALLED: Final = CONNECTED | {Phase.DIALING}
