"""The tutor with a model: ``--tutor openai``. It joins the parts.

endpoint     the bounded client of an OpenAI-compatible endpoint
prompt       what the model is given
guard        what must not reach the learner
holding      which answers a teacher looks at first; unsure: what the model says for that
voice        the model's part of one reply
reply        one reply: who speaks, and what is said where the model does not
budget       how much an account may use on a day
phrases      what the tutor says itself

With lessons, the engine of the lesson tutor decides everything and the model has a voice in it
(`lesson.teaching.said`). Without lessons, the model answers free questions.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from traitlets import Dict, Float, Int, Unicode
from traitlets.config import LoggingConfigurable

from tutor_widget.secret import Secret
from tutor_widget.server.metrics import Metrics, NoMetrics
from tutor_widget.server.settings import BadSetting
from tutor_widget.server.tutors import Turn

from ..course import Course
from ..lesson import LessonTutor
from ..lesson.closed import closed_sentence
from ..watched_course import watch_course
from .budget import Allowance, Budget
from .endpoint import Endpoint, EndpointSettings
from .phrases import say
from .prompt import read_prompt
from .reply import Reply, Setting

__all__ = ["OpenAITutor"]

_KEY_VARIABLE: Final = "OPENAI_API_KEY"
_URL_VARIABLE: Final = "OPENAI_BASE_URL"
_LONGEST_KEY: Final = 64 << 10
"""Bytes of the file of a key."""


class OpenAITutor(LoggingConfigurable):
    """A tutor that speaks through a model behind an OpenAI-compatible endpoint."""

    model = Unicode(help="The model's name, as the endpoint knows it.").tag(config=True)
    url = Unicode(
        help="The endpoint of --tutor openai, such as http://127.0.0.1:8000/v1: vLLM, Ollama, "
        f"llama.cpp, LiteLLM, OpenRouter, Azure and others have one. By default ${_URL_VARIABLE}."
    ).tag(config=True)
    api_key_file = Unicode(
        help=f"A file with the endpoint's key alone. By default the key is in ${_KEY_VARIABLE}; "
        "endpoints on this machine often need none."
    ).tag(config=True)
    prompt_file = Unicode(
        help="A file with what the model is told to be, in place of the built-in Socratic tutor."
    ).tag(config=True)
    prompt_tokens = Int(
        6000,
        min=1000,
        help="Tokens that a prompt may have, estimated at 4 characters a token. Of a longer "
        "conversation the oldest part is left out.",
    ).tag(config=True)
    parallel = Int(
        8, min=1, help="Calls to the endpoint at once. Other messages wait in a fair queue."
    ).tag(config=True)
    connect_timeout = Float(5, help="Seconds for a connection to the endpoint.").tag(config=True)
    first_token_timeout = Float(
        30, help="Seconds from a request to its first token. After them it is tried again."
    ).tag(config=True)
    token_timeout = Float(
        30, help="Seconds from a token to the next. After them the answer is cut off."
    ).tag(config=True)
    total_timeout = Float(
        120, help="Seconds for an answer with all tries. Waiting in the queue does not count."
    ).tag(config=True)
    breaker_failures = Int(
        5, min=1, help="After so many answers in a row that the endpoint has failed …"
    ).tag(config=True)
    breaker_seconds = Float(30, help="… it is left alone for so many seconds.").tag(config=True)
    daily_tokens = Int(
        0,
        min=0,
        help="Tokens, of prompts and answers, that an account may use on a day (UTC); without "
        "accounts, a conversation. 0: no limit.",
    ).tag(config=True)
    group_tokens = Dict(
        value_trait=Int(min=0),
        key_trait=Unicode(),
        help='The same for groups of accounts, such as {"staff": 0}. Who is in several of them '
        "has the largest.",
    ).tag(config=True)

    def __init__(
        self,
        lessons: LessonTutor | None = None,
        course: Path | str | Course | None = None,
        *,
        metrics: Metrics | None = None,
        **more: Any,
    ) -> None:
        """``lessons`` is the engine, whose course counts; without it, ``course`` does.

        Raises BadSetting for a faulty course, and TraitError for an option.
        """
        super().__init__(**more)
        self._lessons = lessons
        self._course = lessons.course if lessons else watch_course(course, None)
        self._metrics = metrics or NoMetrics()
        self._endpoint: Endpoint | None = None
        self._prompt = ""
        self._metrics.gauge(
            "breaker_open",
            "1 while the model's endpoint is not asked, after failures in a row.",
            lambda: self._endpoint is not None and self._endpoint.rests,
        )

    async def start(self) -> None:
        """Read the files of the options, and prepare the client. Raises BadSetting."""
        self._prompt, settings = await asyncio.to_thread(self._read_files)
        self._endpoint = Endpoint(settings)
        await self._endpoint.start()

    async def close(self) -> None:
        """Close the connections to the endpoint."""
        if self._endpoint is not None:
            await self._endpoint.close()

    async def greeting(self, state: dict[str, Any], lang: str | None = None) -> str:
        """Says that it is an AI; with lessons, asks the first question of the first one."""
        state["ai"] = True
        course = await self._course.current()
        if closed := closed_sentence(course, datetime.now(UTC), lang):
            return closed
        if self._lessons is not None:
            return await self._lessons.greeting(state, lang)
        return say("greeting", lang or course.language)

    async def reply(self, turn: Turn) -> AsyncIterator[str]:
        """Answers, within the hours of the course and the budget of the account."""
        assert self._endpoint is not None, "a tutor is started before it is asked"
        course, now = await self._course.current(), datetime.now(UTC)
        if closed := closed_sentence(course, now, turn.lang):
            turn.record["kind"] = "closed"
            yield closed
            return
        allowance = await self._allowance(turn)
        setting = Setting(
            self._endpoint, self._metrics, self._prompt, self.prompt_tokens, course, self._lessons
        )
        turn.state["ai"] = True
        try:
            async with aclosing(Reply(setting, turn, allowance, now).pieces()) as pieces:
                async for piece in pieces:
                    yield piece
        finally:
            _show(turn, allowance, now)

    async def _allowance(self, turn: Turn) -> Allowance:
        budget = Budget(self.daily_tokens, self.group_tokens)
        if not budget.is_limited:  # the store need not be asked
            return Allowance(0, 0)
        spent = await turn.spent()
        return Allowance(budget.limit(spent.groups), spent.tokens)

    def _read_files(self) -> tuple[str, EndpointSettings]:
        url = self.url or os.environ.get(_URL_VARIABLE, "")
        if not url:
            raise BadSetting(
                "--tutor openai needs the address of an endpoint: --model-url "
                f"http://127.0.0.1:8000/v1, or ${_URL_VARIABLE}."
            )
        settings = EndpointSettings(
            self.model,
            url,
            self._read_key(),
            connect_timeout=self.connect_timeout,
            first_token_timeout=self.first_token_timeout,
            token_timeout=self.token_timeout,
            total_timeout=self.total_timeout,
            breaker_failures=self.breaker_failures,
            breaker_seconds=self.breaker_seconds,
        )
        return read_prompt(Path(self.prompt_file) if self.prompt_file else None), settings

    def _read_key(self) -> Secret | None:
        """The endpoint's key, from its file or the environment. No fault here quotes it."""
        if not self.api_key_file:
            key = os.environ.get(_KEY_VARIABLE, "")
            return Secret(key) if key else None
        try:
            with Path(self.api_key_file).open("rb") as file:
                key = file.read(_LONGEST_KEY).decode("utf-8-sig").strip()
        except UnicodeDecodeError:
            key = ""
        except OSError as error:
            raise BadSetting(
                f"The file of the model's key, {self.api_key_file}, cannot be read: "
                f"{error.strerror}."
            ) from None
        if not key:
            raise BadSetting(
                f"The file of the model's key, {self.api_key_file}, holds no key: it is to hold "
                "the key alone, as text."
            )
        return Secret(key)


def _show(turn: Turn, allowance: Allowance, now: datetime) -> None:
    """Keep in the state what is left of the budget after this reply, if the learner is to see.

    ``now`` is when the reply began: the allowance is of that day.
    """
    shown = allowance.shown(turn.prompt_tokens + turn.completion_tokens, now)
    if shown is None:
        turn.state.pop("budget", None)
    else:
        turn.state["budget"] = shown
