"""The outputs of cells that display a chat: what stands there for readers without the widget.

Jupyter shows the widget where it can. A terminal, GitHub, and what is made of the notebook without
its widgets show the text or the HTML beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tutor_widget.conversation import Conversation

from . import ipython

Data = dict[str, Any]
"""Contents by media type."""


class Outputs:
    """The outputs of one chat. They have one display id, so that they can be replaced together.

    ``conversation`` returns the conversation as far as it is held; None keeps it out of outputs.
    """

    def __init__(self, conversation: Callable[[], Conversation] | None) -> None:
        self._conversation = conversation
        self._excerpt: str | None = None  # in the newest outputs; None: nothing was displayed

    def with_conversation(self, data: Data) -> Data:
        """The data of a display, with what was said so far."""
        held = self._conversation() if self._conversation is not None else None
        if held is None or not held.events:
            return data
        plain = f"{data['text/plain']}\n{held.plain()}"
        return data | {"text/html": held.excerpt(), "text/plain": plain}

    def display(self, data: Data, id: str) -> None:
        """Display the chat in the output of the running cell."""
        self._excerpt = data.get("text/html", "")
        ipython.publish(data, id)

    def refresh(self, data: Data, id: str) -> None:
        """Replace what was displayed, if more was said since."""
        if self._excerpt is None:
            return
        data = self.with_conversation(data)
        if data.get("text/html", "") != self._excerpt:
            self._excerpt = data.get("text/html", "")
            ipython.publish(data, id, update=True)
