"""marimo as a test sees it: a notebook as an app that runs, or in the editor."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from textwrap import indent
from typing import Literal

from playwright.sync_api import BrowserContext, Position

from tests.support.servers.processes import free_port, terminate, wait_for_answer

__all__ = ["Marimo", "Visit"]

Mode = Literal["run", "edit"]


class Marimo:
    """A marimo server of its own on one notebook with these cells of code."""

    def __init__(self, folder: Path, mode: Mode, *cells: str, theme: str = "light") -> None:
        self.url = f"http://127.0.0.1:{free_port()}"
        self.mode = mode
        self._folder = folder
        self._notebook = folder / "notebook.py"
        self._notebook.write_text(_source(cells))
        settings = "[tool.marimo.runtime]\nauto_instantiate = true\n"
        settings += f'[tool.marimo.display]\ntheme = "{theme}"\n'
        (folder / "pyproject.toml").write_text(settings)

    def __enter__(self) -> Marimo:
        log = self._folder / "marimo.log"
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("JPY_", "TUTOR_"))}
        home = {"HOME": str(self._folder), "JUPYTER_DATA_DIR": str(self._folder / "data")}
        command = [sys.executable, "-m", "marimo", self.mode, str(self._notebook), "--headless"]
        command += ["--no-token", "--host=127.0.0.1", f"--port={self.url.rpartition(':')[2]}"]
        with log.open("wb") as said:
            self._process = subprocess.Popen(
                command, env=kept | home, stdout=said, stderr=said, cwd=self._folder
            )
        wait_for_answer(f"{self.url}/health", self._process, log)
        return self

    def __exit__(self, *_: object) -> None:
        terminate(self._process)


class Visit:
    """A page of it; its cells run when it is loaded."""

    def __init__(self, marimo: Marimo, context: BrowserContext) -> None:
        self.page = context.new_page()
        self.faults: list[str] = []
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.goto(marimo.url)

    def run(self, n: int) -> None:
        """Run the n-th cell of the editor again."""
        self.page.locator(".marimo-cell .cm-content").nth(n).click(position=Position(x=2, y=2))
        self.page.keyboard.press("Control+Enter")

    def wait_for(self, file: Path) -> None:
        """Until a cell has made this file; pytest's own time-out is the limit."""
        while not file.exists():
            self.page.wait_for_timeout(20)


def _source(cells: tuple[str, ...]) -> str:
    # What the cells read of each other, marimo finds out by itself.
    functions = (f"@app.cell\ndef _():\n{indent(cell, '    ')}\n    return\n" for cell in cells)
    return "\n\n".join(["import marimo\n\napp = marimo.App()\n", *functions])
