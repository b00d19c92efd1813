"""The text of a reply while the tutor of this server writes it."""

from __future__ import annotations

import secrets

from tutor_widget.wire import MAX_REPLY, Delta, without_surrogates

__all__ = ["Draft"]


class Draft:
    """The text so far of the answer to the message ``re``, under an id of its own."""

    def __init__(self, re: str) -> None:
        self.id = f"_{secrets.token_urlsafe(12)}"
        self.re = re
        self._pieces: list[str] = []
        self._length = 0
        """Code points of the text so far."""
        self._shown = 0
        """Of these pieces, the number that `unshown` has returned."""
        self._shown_length = 0

    @property
    def text(self) -> str:
        return "".join(self._pieces)

    @property
    def is_full(self) -> bool:
        """Whether the text has the largest length that the protocol allows."""
        return self._length >= MAX_REPLY

    def add(self, piece: str) -> None:
        """Append a piece, cut at the largest length."""
        piece = without_surrogates(piece)[: MAX_REPLY - self._length]
        if piece:
            self._pieces.append(piece)
            self._length += len(piece)

    def unshown(self) -> Delta | None:
        """What was added since the last call as one delta. None if nothing was."""
        text = "".join(self._pieces[self._shown :])
        if not text:
            return None
        delta = Delta(id=self.id, re=self.re, from_=self._shown_length, text=text)
        self._shown, self._shown_length = len(self._pieces), self._length
        return delta
