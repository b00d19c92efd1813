"""What this node knows of a session's reply, whoever makes it.

The knowledge is separate from the worker that makes a reply: the frames `Answering` and `Delta`
come from the worker here, or from the node that has the lease, and each changes what is known or is
ignored. Frames of another node may be late, may come twice, or may be lost. So each carries the
fence of the claim under which its reply is made (a newer claim replaces an older one), and a piece
that does not join the text is ignored, until one from 0 or the event brings the whole.

Pure: no clock, no network, no store.
"""

from __future__ import annotations

from tutor_widget.wire import Answering, Delta

__all__ = ["Reply"]


class Reply:
    """The reply to the message ``re``: it waits in a queue, is under way, or is held."""

    def __init__(self, re: str) -> None:
        self.re = re
        self.id = ""
        """The reply's own id; empty until its first piece is known."""
        self.fence = 0
        """Of the claim under which it is made; 0 while it waits."""
        self.place: int | None = None
        """Its place in a queue, from 1, while it waits."""
        self.held = False
        """Whether it is written and waits for a person's approval."""
        self._pieces: list[str] = []
        self._length = 0

    @property
    def under_way(self) -> bool:
        """Whether it is being made, as far as this node knows."""
        return self.fence > 0 and not self.held

    def latest(self) -> Answering | Delta:
        """The frame that tells all of it, for a client that connects meanwhile (protocol.md §3)."""
        if self.id:
            return Delta(id=self.id, re=self.re, from_=0, text="".join(self._pieces))
        return Answering(re=self.re, place=self.place, held=self.held or None)

    def take(self, frame: Answering | Delta, fence: int) -> bool:
        """Take what ``frame`` tells. False if it tells nothing new, or does not join the text."""
        if self.held:
            return False
        if isinstance(frame, Answering) and frame.held:
            self._begin(self.fence)  # of any fence: the answer is durable
            self.held = True
            return True
        if fence < self.fence:
            return False
        if isinstance(frame, Delta):
            return self._extend(frame, fence)
        if frame.place is not None:
            return self._wait(frame.place)
        if fence == self.fence:
            return False
        self._begin(fence)
        return True

    def _wait(self, place: int) -> bool:
        if self.under_way or place == self.place:
            return False
        self.place = place
        return True

    def _extend(self, delta: Delta, fence: int) -> bool:
        joins = fence == self.fence and delta.id == self.id and delta.from_ == self._length
        # The whole text again under the same id is news only if it is longer.
        whole = delta.from_ == 0 and not (
            fence == self.fence and delta.id == self.id and len(delta.text) <= self._length
        )
        if whole:
            self._begin(fence)
            self.id = delta.id
        elif not joins:
            return False
        self._pieces.append(delta.text)
        self._length += len(delta.text)
        return True

    def _begin(self, fence: int) -> None:
        """Begin afresh: what was known so far holds no longer."""
        self.id, self.fence, self.place = "", fence, None
        self._pieces, self._length = [], 0
