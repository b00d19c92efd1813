"""The small real model for a test: its server as a child process, where its packages are."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from small_model.process import SmallModel, missing_packages
from small_model.process import small_model as run_model


@contextmanager
def real_model(folder: Path, *options: str) -> Iterator[SmallModel]:
    """Run the model's server, or skip the test: nothing is downloaded for it."""
    if missing := missing_packages():
        names = " and ".join(missing)
        pytest.skip(f"needs {names}: `python3 dev.py lab --model` installs what is missing")
    with run_model(folder / "model.log", *options) as model:
        yield model


def busy_slots(model: SmallModel) -> int:
    """How many answers the server computes now."""
    url = model.url.removesuffix("/v1") + "/slots"
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {model.key}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return sum(slot["is_processing"] for slot in json.load(answer))
