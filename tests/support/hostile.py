"""Hostile text (tests/golden/hostile.json), and what may come of it."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from tests.support.paths import GOLDEN

__all__ = ["ATTRIBUTES", "TAGS", "is_harmless", "vectors"]

_CORPUS: Final = json.loads(GOLDEN.joinpath("hostile.json").read_text())


def vectors(share: float = 1.0) -> list[str]:
    """All of them; of a flood, this share of its length."""
    groups = [group for name, group in _CORPUS.items() if name != "about"]
    return [
        vector
        if isinstance(vector, str)
        else "".join(piece * math.ceil(n * share) for piece, n in vector)
        for group in groups
        for vector in group
    ]


TAGS: Final = frozenset(
    "p h3 ul ol li blockquote hr pre code em strong del a br wbr table thead tbody tr th td".split()
)
"""What Markdown makes, wherever it is drawn."""
ATTRIBUTES: Final = frozenset("class dir href rel target start scope".split())


def is_harmless(link: str, rel: Iterable[str]) -> bool:
    """Whether a link leads where a browser may be led, and tells nobody where from."""
    schemes = ("http", "https", "mailto")
    return urlsplit(link).scheme in schemes and {"noopener", "noreferrer"} <= {*rel}
