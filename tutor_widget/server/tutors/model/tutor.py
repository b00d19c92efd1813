"""The tutor with a model: ``--tutor openai``. Its options; the rest is in the modules beside it.

speaker      joins the parts; loaded when the tutor starts, because that costs as much as all the
             rest of a server, and a server with another tutor needs none of it
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
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from traitlets import Dict, Float, Int, Unicode
from traitlets.config import LoggingConfigurable

from tutor_widget.secret import Secret
from tutor_widget.server.metrics import Metrics, NoMetrics
from tutor_widget.server.settings import BadSetting
from tutor_widget.server.tutors import Turn

from ..course import Course
from ..watched_course import watch_course

if TYPE_CHECKING:
    from ..lesson import LessonTutor
    from .endpoint import EndpointSettings
    from .speaker import Speaker

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
        self._speaker: Speaker | None = None
        self._metrics.gauge(
            "breaker_open",
            "1 while the model's endpoint is not asked, after failures in a row.",
            lambda: self._speaker is not None and self._speaker.rests,
        )

    async def start(self) -> None:
        """Read the files of the options, and prepare the client. Raises BadSetting."""
        from .budget import Budget
        from .speaker import Speaker

        prompt, settings = await asyncio.to_thread(self._read_files)
        budget = Budget(self.daily_tokens, self.group_tokens)
        self._speaker = Speaker(
            settings,
            prompt,
            self.prompt_tokens,
            budget,
            self._course,
            self._lessons,
            self._metrics,
        )
        await self._speaker.start()

    async def close(self) -> None:
        """Close the connections to the endpoint."""
        if self._speaker is not None:
            await self._speaker.close()

    async def greeting(self, state: dict[str, Any], lang: str | None = None) -> str:
        """Says that it is an AI; with lessons, asks the first question of the first one."""
        return await self._started().greeting(state, lang)

    def reply(self, turn: Turn) -> AsyncIterator[str]:
        """Answers, within the hours of the course and the budget of the account."""
        return self._started().reply(turn)

    def _started(self) -> Speaker:
        assert self._speaker is not None, "a tutor is started before it is asked"
        return self._speaker

    def _read_files(self) -> tuple[str, EndpointSettings]:
        from .endpoint import EndpointSettings
        from .prompt import read_prompt

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
