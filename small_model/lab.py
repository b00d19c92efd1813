"""JupyterLab on a notebook whose tutor speaks with the small model: ``dev.py lab --model``.

It runs three programs: the model's server, the tutor's server, which asks it, and JupyterLab. All
end when one Ctrl+C or another signal to end comes, and when JupyterLab is shut down. A folder keeps
the notebook, and the logs of the two servers.
"""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from devtools.children import Failed, end, end_on_signals
from small_model import NAME, WHAT_IT_IS
from small_model.process import CONFIG_PATH, SmallModel, small_model, started
from tutor_widget.cli import lab

_NOTEBOOK: Final = "tutor.ipynb"
_CTRL_C: Final = 128 + signal.SIGINT


def main(folder: Path, options: list[str]) -> int:
    """Run JupyterLab in the folder, with these options, until it ends; its exit status."""
    end_on_signals()
    notebook = lab.copy_of(_NOTEBOOK, folder)
    try:
        with (
            small_model(folder / "model.log") as model,
            _tutor(model, folder / "tutor.log") as environment,
        ):
            print(f"• {WHAT_IT_IS}", flush=True)
            return _run_jupyterlab(notebook, options, environment)
    except Failed as failed:
        print(f"\n{failed}", file=sys.stderr)
        return 1


@contextmanager
def _tutor(model: SmallModel, log: Path) -> Iterator[dict[str, str]]:
    """Run the tutor's server; the environment in which notebooks find it, and the model."""
    token = secrets.token_urlsafe(24)
    endpoint = {
        "OPENAI_BASE_URL": model.url,
        "OPENAI_API_KEY": model.key,
        "OPENAI_MODEL": NAME,  # read by the notebook
        "JUPYTER_CONFIG_PATH": CONFIG_PATH,
    }
    options = ("--tutor=openai", f"--model={NAME}", "--port=0")
    with (
        TemporaryDirectory() as database,
        started(
            "tutor_widget.server",
            *(*options, f"--db-url={database}/tutor.sqlite"),
            log=log,
            environment={**endpoint, "TUTOR_SERVER_TOKEN": token},
        ) as line,
    ):
        url = line.removeprefix("listening on ")
        yield {**endpoint, "TUTOR_CHAT_URL": url, "TUTOR_CHAT_TOKEN": token}


def _run_jupyterlab(notebook: Path, options: list[str], environment: dict[str, str]) -> int:
    """Run JupyterLab in this terminal until it ends; its exit status."""
    command = lab.command(notebook, options)
    process = subprocess.Popen(
        command, cwd=notebook.parent, env=lab.environment({**os.environ, **environment})
    )
    try:
        return process.wait()
    except SystemExit as ending:
        if ending.code == _CTRL_C:  # the terminal has told JupyterLab, too
            with suppress(subprocess.TimeoutExpired):
                process.wait(5)
        raise
    finally:
        end(process)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
