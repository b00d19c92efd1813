"""Numbers in a text, as people write them: in digits and in words of every language."""

from __future__ import annotations

from .mentions import Mention, between, mentioned

__all__ = ["Mention", "between", "mentioned"]
