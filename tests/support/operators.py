"""An operator's commands, as processes beside the servers."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

__all__ = ["COMMAND", "audit_of", "command"]

COMMAND: Final = (
    *(sys.executable, "-c"),
    "import sys; from tutor_widget.cli import main; sys.exit(main())",
)
_WITHIN: Final = 60.0


def command(
    *arguments: str | Path, folder: Path | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run `tutor-widget` without a terminal, to its end, in the folder."""
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        cwd=folder,
        capture_output=True,
        timeout=_WITHIN,
        check=False,
    )


def audit_of(done: subprocess.CompletedProcess[bytes]) -> list[dict[str, Any]]:
    """The audit lines that a command has written, without their times."""
    lines = [json.loads(line) for line in done.stderr.splitlines() if line.startswith(b"{")]
    assert all(line.pop("audit") and line.pop("time") for line in lines)
    return lines
