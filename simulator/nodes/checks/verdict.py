"""Where checks report that fail inside the server, which would catch their exceptions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["Verdict"]


class Verdict:
    """Collects what failed. The world looks after every step."""

    def __init__(self) -> None:
        self._violations: list[AssertionError] = []

    @contextmanager
    def judging(self) -> Iterator[None]:
        """A failed assertion in here counts, and is not raised."""
        try:
            yield
        except AssertionError as error:
            self._violations.append(error)

    def fail(self, what: str) -> None:
        """Something went wrong."""
        self._violations.append(AssertionError(what))

    def check(self) -> None:
        """Raise what failed first."""
        if self._violations:
            raise self._violations[0]
