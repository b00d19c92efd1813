"""What this node knows of a session's replies, whoever makes them.

Replies are made in the order of the log, so at most one is known: that to the oldest message
without an answer (`Unanswered`).

The knowledge is separate from the worker that makes a reply: the frames `Answering` and `Delta`
come from the worker here, or from the node that has the lease, and each changes what is known or is
ignored. Frames of another node may be late, may come twice, or may be lost. So each carries the
fence of the claim under which its reply is made (a newer claim replaces an older one). Of a piece
that begins within the text what goes beyond it is taken. One that begins beyond the text is
ignored, until another one or the event brings what is between.

Pure: no clock, no network, no store.
"""

from __future__ import annotations

from collections.abc import Collection

from tutor_widget.server.store import Head
from tutor_widget.wire import Answering, Delta, Event

__all__ = ["Reply", "Unanswered"]


class Unanswered:
    """The messages without an answer, in the log as it was sent, and the reply to the oldest."""

    def __init__(self, head: Head) -> None:
        self._stopped = {one: one in head.stopped for one in head.waiting}
        """By message, the oldest first: whether Stop was pressed."""
        self.reply: Reply | None = None
        if head.held is not None:
            self.take(Answering(re=head.held, held=True))

    @property
    def oldest(self) -> str | None:
        """The id of the oldest message, or None if all are answered."""
        return next(iter(self._stopped), None)

    @property
    def is_held(self) -> bool:
        """Whether the answer to the oldest message waits for a person's approval."""
        return self.reply is not None and self.reply.held

    def is_stopped(self, message_id: str) -> bool:
        """Whether Stop was pressed for this message, and it has no answer."""
        return self._stopped.get(message_id, False)

    def __contains__(self, message_id: str) -> bool:
        return message_id in self._stopped

    def sent(self, event: Event) -> None:
        """The next event of the log was sent. An answer ends what was known of its reply."""
        if event.role == "learner":
            self._stopped[event.id] = False
        elif event.re is not None:
            self._stopped.pop(event.re, None)
            if self.reply is not None and self.reply.re == event.re:
                self.reply = None

    def stop(self, ids: Collection[str]) -> bool:
        """Stop was pressed for these messages. Returns whether the oldest is one of them."""
        for message_id in self._stopped.keys() & ids:
            self._stopped[message_id] = True
        return self.oldest in ids

    def take(self, frame: Answering | Delta, fence: int = 0) -> Answering | Delta | None:
        """Take what ``frame`` tells of a reply; returns what of it is new (see `Reply.take`)."""
        if frame.re != self.oldest:
            return None
        reply = self.reply or Reply(frame.re)
        if (news := reply.take(frame, fence)) is not None:
            self.reply = reply
        return news

    def lacks(self, delta: Delta, fence: int) -> bool:
        """Whether text before this delta is missing here, which was not taken."""
        if delta.re != self.oldest or not delta.from_:
            return False
        return self.reply is None or self.reply.lacks(delta, fence)

    def forget(self, fence: int) -> None:
        """The reply that was made under this claim is made no more."""
        if self.reply is not None and self.reply.fence == fence:
            self.reply = None


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

    def take(self, frame: Answering | Delta, fence: int) -> Answering | Delta | None:
        """Take what ``frame`` tells. Returns it, or the part of a delta that is new; None if
        nothing is, or if text before it is missing."""
        if self.held:
            return None
        if isinstance(frame, Answering) and frame.held:
            self._begin(self.fence)  # of any fence: the answer is durable
            self.held = True
            return frame
        if fence < self.fence:
            return None
        if isinstance(frame, Delta):
            return self._extend(frame, fence)
        if frame.place is not None:
            return frame if self._wait(frame.place) else None
        if fence == self.fence:
            return None
        self._begin(fence)
        return frame

    def lacks(self, delta: Delta, fence: int) -> bool:
        """Whether text before this delta, which is not its first, is missing."""
        if self.held or fence < self.fence:
            return False
        return (fence, delta.id) != (self.fence, self.id) or delta.from_ > self._length

    def _wait(self, place: int) -> bool:
        if self.under_way or place == self.place:
            return False
        self.place = place
        return True

    def _extend(self, delta: Delta, fence: int) -> Delta | None:
        if (fence, delta.id) != (self.fence, self.id):
            if delta.from_:
                return None
            self._begin(fence)
            self.id = delta.id
        known = self._length - delta.from_
        if not 0 <= known < len(delta.text):
            return None
        if known:
            text = delta.text[known:]
            delta = Delta(id=delta.id, re=delta.re, from_=self._length, text=text)
        self._pieces.append(delta.text)
        self._length += len(delta.text)
        return delta

    def _begin(self, fence: int) -> None:
        """Begin afresh: what was known so far holds no longer."""
        self.id, self.fence, self.place = "", fence, None
        self._pieces, self._length = [], 0
