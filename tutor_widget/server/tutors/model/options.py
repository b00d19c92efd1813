"""The options of the tutor with a model. The help of each is its documentation."""

from __future__ import annotations

from math import isfinite
from typing import Any, Final

from traitlets import Dict, Float, HasTraits, Int, TraitError, Unicode, validate

__all__ = ["KEY_VARIABLE", "URL_VARIABLE", "ModelOptions"]

KEY_VARIABLE: Final = "OPENAI_API_KEY"
URL_VARIABLE: Final = "OPENAI_BASE_URL"
_DURATIONS: Final = (
    "connect_timeout", "first_token_timeout", "token_timeout", "total_timeout", "breaker_seconds",
)  # fmt: skip


class ModelOptions(HasTraits):
    """The options, with their defaults and what is wrong with a value."""

    model = Unicode(help="The model's name, as the endpoint knows it.").tag(config=True)
    url = Unicode(
        help="The endpoint of --tutor openai, such as http://127.0.0.1:8000/v1: vLLM, Ollama, "
        f"llama.cpp, LiteLLM, OpenRouter, Azure and others have one. By default ${URL_VARIABLE}."
    ).tag(config=True)
    api_key_file = Unicode(
        help=f"A file with the endpoint's key alone. By default the key is in ${KEY_VARIABLE}; "
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

    @validate(*_DURATIONS)
    def _positive(self, proposal: dict[str, Any]) -> float:
        seconds = float(proposal["value"])
        if not (isfinite(seconds) and seconds > 0):
            raise TraitError(f"{proposal['trait'].name} is in seconds, and more than 0")
        return seconds
