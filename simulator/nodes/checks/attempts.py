"""What tutors wrote, attempt by attempt: deltas are compared with it, on whatever node they are."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Attempt", "Attempts"]


@dataclass(eq=False)
class Attempt:
    """One run of the tutor for the message ``re``, by the store ``owner`` under a claim."""

    re: str
    owner: str
    fence: int
    text: str = ""

    def write(self, piece: str) -> str:
        """Add a piece. Returns it."""
        self.text += piece
        return piece


class Attempts:
    """All attempts of a world."""

    def __init__(self) -> None:
        self._by_message: dict[str, list[Attempt]] = {}

    def begin(self, re: str, owner: str, fence: int) -> tuple[Attempt, int]:
        """A tutor begins to write. Returns the attempt, and the number of those before it."""
        attempts = self._by_message.setdefault(re, [])
        attempts.append(Attempt(re, owner, fence))
        return attempts[-1], len(attempts) - 1

    def newest(self, re: str) -> Attempt | None:
        """The attempt under the newest claim of this message."""
        return max(self._by_message.get(re, ()), key=lambda one: one.fence, default=None)

    def of(self, re: str, text: str) -> Attempt:
        """The attempt that began with this text. Each begins with a number of its own."""
        for attempt in reversed(self._by_message.get(re, ())):
            if attempt.text.startswith(text):
                return attempt
        raise AssertionError("a delta in words that no tutor wrote")
