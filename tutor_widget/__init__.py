"""A tutoring chat for Jupyter notebooks that never loses a word.

from tutor_widget import TutorChat

TutorChat("wss://hub.example.edu/services/tutor/")
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .errors import (
    Closed,
    InvalidURL,
    Misuse,
    NotFound,
    ProtocolError,
    QueueFull,
    Refused,
    TutorError,
    Unreachable,
)
from .version import __version__
from .wire import Event

if TYPE_CHECKING:
    from tutor_widget.notebook.widget import TutorChat

    from .conversation import Conversation

__all__ = [
    "Closed",
    "Conversation",
    "Event",
    "InvalidURL",
    "Misuse",
    "NotFound",
    "ProtocolError",
    "QueueFull",
    "Refused",
    "TutorChat",
    "TutorError",
    "Unreachable",
    "__version__",
]


def __getattr__(name: str) -> Any:
    # A server or a terminal needs no widget: ipywidgets is imported with the first TutorChat.
    if name == "TutorChat":
        from tutor_widget.notebook.widget import TutorChat

        return TutorChat
    if name == "Conversation":
        from .conversation import Conversation

        return Conversation
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
