"""JupyterLab that lacks what draws a widget, beside a kernel that has it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.support.browser.jupyter import Lab, Notebook

CELL = """
from tutor_widget import TutorChat
from tutor_widget.notebook.unseen import unseen
unseen.wait = 1
TutorChat("ws://127.0.0.1:1", session="a-session-for-this-test")
""".strip()


@pytest.mark.parametrize(
    "missing",
    ["anywidget", pytest.param("@jupyter-widgets/jupyterlab-manager", marks=pytest.mark.slow)],
)
def test_the_output_says_what_to_install(
    tmp_path: Path, context: BrowserContext, missing: str
) -> None:
    """And where. Else there is an error of JupyterLab's, or the name of the chat."""
    lab = Lab(tmp_path)
    settings = tmp_path / "config" / "labconfig" / "page_config.json"
    page = json.loads(settings.read_text())
    page["disabledExtensions"][missing] = True
    settings.write_text(json.dumps(page))
    with lab:
        path = lab.write("missing.ipynb", CELL)
        notebook = Notebook(lab, context.new_page(), path, Path("test-results"))
        notebook.open()
        notebook.run(0)
        output = notebook.cell(0).locator(".jp-Cell-outputArea")
        expect(output).to_contain_text("anywidget is missing where JupyterLab runs")
        expect(output).to_contain_text("pip install anywidget")
        notebook.screenshot(f"without-{missing.rpartition('/')[2]}")
        notebook.close()
