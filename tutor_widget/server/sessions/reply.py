"""One reply under way, as this node knows it.

The text is separate from the worker that produces it: a session shows a `Reply` to its listeners,
and does not need to know where its pieces come from.
"""

from __future__ import annotations

import secrets

from tutor_widget.wire import MAX_REPLY, Delta, without_surrogates

__all__ = ["Reply"]


class Reply:
    """The text so far of the answer to the message ``re``, under an id of its own."""

    def __init__(self, re: str) -> None:
        self.id = f"_{secrets.token_urlsafe(12)}"
        self.re = re
        self.length = 0
        """Code points of the text so far."""
        self._pieces: list[str] = []

    @property
    def text(self) -> str:
        return "".join(self._pieces)

    @property
    def is_full(self) -> bool:
        """Whether the text has the largest length that the protocol allows."""
        return self.length >= MAX_REPLY

    def so_far(self) -> Delta:
        """The whole text as one delta, for a client that connects during the reply."""
        return Delta(id=self.id, re=self.re, from_=0, text=self.text)

    def add(self, piece: str) -> Delta | None:
        """Append a piece, cut at the largest length. Returns it as a delta, or None if empty."""
        piece = without_surrogates(piece)[: MAX_REPLY - self.length]
        if not piece:
            return None
        delta = Delta(id=self.id, re=self.re, from_=self.length, text=piece)
        self._pieces.append(piece)
        self.length += len(piece)
        return delta
