"""Notebooks that 0.1 saved, with the state of its widgets."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from tests.support.kernels import WITHIN, environment
from tests.support.paths import GOLDEN, ROOT
from tests.support.release import CHECKOUT, WHEEL_0_1, Release
from tests.support.servers.processes import Tutor

CELLS = """
from tutor_widget import TutorChat
chat = TutorChat({url!r}, session="a-notebook-that-was-saved")
answer = await chat.ask("3", timeout={within})
---
chat
"""


def run(release: Release, folder: Path, notebook: nbformat.NotebookNode) -> None:
    """Run all its cells in a real kernel of that release, and store outputs and widgets in it."""
    # A kernel takes the folder that it runs in from its path: it may not be the checkout.
    resources = {"metadata": {"path": str(folder)}}
    client = NotebookClient(
        notebook, timeout=int(WITHIN), store_widget_state=True, resources=resources
    )
    client.execute(env=environment(folder) | release.environment)


def shown(notebook: nbformat.NotebookNode) -> dict[str, Any]:
    """The stored state of the chat that the last cell shows."""
    (output,) = notebook.cells[-1].outputs
    model = output.data["application/vnd.jupyter.widget-view+json"]["model_id"]
    stored = notebook.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"]
    state: dict[str, Any] = json.loads(json.dumps(stored[model]["state"]))
    return state


def shapes(value: object) -> object:
    """A JSON object with the names of its values' types in their places."""
    if isinstance(value, dict):
        return {name: shapes(each) for name, each in value.items()}
    return "number" if isinstance(value, int | float) else type(value).__name__


@pytest.mark.slow
def test_a_notebook_of_0_1_is_shown_and_run_again(tmp_path: Path, release_0_1: Release) -> None:
    """It brings its own front end along and is shown by that; what it prints needs none. The model
    has the form of the samples that our front end is tried with. Run again by this code the same
    cells show the same conversation, with the front end of this code."""
    tutor = Tutor(tmp_path / "tutor.sqlite", "--tutor=lesson", "--pace=0")
    try:
        tutor.start()
        cells = CELLS.format(url=tutor.url, within=WITHIN).split("---")
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
        run(release_0_1, tmp_path, notebook)
        old = shown(notebook)
        with zipfile.ZipFile(WHEEL_0_1) as packed:
            assert old["_esm"] == packed.read("tutor_widget/static/widget.js").decode()
        (output,) = notebook.cells[1].outputs
        assert "<p>3</p>" in output.data["text/html"]
        samples = json.loads((GOLDEN / "0.1" / "comm.json").read_text())["start"]
        for name in ("connection", "_view"):
            assert old[name].keys() == samples[name].keys(), name
        assert shapes(old["session_state"]) == shapes(
            old["session_state"] | samples["session_state"]
        )
        assert [item["role"] for item in old["history"]] == ["tutor", "learner", "tutor"]

        path = tmp_path / "saved.ipynb"
        nbformat.write(notebook, path)
        again = nbformat.read(path, as_version=4)
        again.cells[0].source = again.cells[0].source.replace('ask("3"', 'ask("hint"')
        run(CHECKOUT, tmp_path, again)
        new = shown(again)
        bundle = ROOT / "tutor_widget" / "static" / "widget.js"
        assert new["_esm"] == bundle.read_text("utf-8")
        assert new["history"][: len(old["history"])] == old["history"]
        assert new["_view"]["key"] == old["_view"]["key"], "a tab finds what it kept no more"
    finally:
        tutor.kill()
