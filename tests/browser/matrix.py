"""Hosts × kernels: what came of each, and README's table of it.

The tests note what they have seen; `python3 dev.py hosts` runs them all and then this module, which
rewrites the table. What was not seen to work is not in it.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = ROOT / "README.md"
NOTES: Final = ROOT / "test-results" / "hosts.json"
BEGIN: Final = "<!-- hosts: written by python3 dev.py hosts -->"
END: Final = "<!-- end of hosts -->"

OLDER: Final = ("6.29", "7.0", "7.2", "7.3")
OWN: Final = "7.4"
OFF: Final = "7.4, subshells off"
ITS_OWN: Final = "its own"
KERNELS: Final = (*OLDER, OWN, OFF, ITS_OWN)
"""The columns: versions of ipykernel, and what is none."""
HOSTS: Final = {
    "JupyterLab": "jupyterlab",
    "Notebook": "notebook",
    "Voilà": "voila",
    "marimo": "marimo",
    "JupyterLab in Firefox": "jupyterlab",
}
"""The rows, and the package that says their version."""

AT_ONCE: Final = "at once"
AFTER: Final = "after the cell"
ANSWERED: Final = "answered"


def note(host: str, kernel: str, seen: str) -> None:
    """Remember what was seen of this host with this kernel."""
    NOTES.parent.mkdir(exist_ok=True)
    NOTES.write_text(json.dumps(noted() | {f"{host}/{kernel}": seen}, indent=1))


def noted() -> dict[str, str]:
    """What was seen, by `host/kernel`."""
    seen: dict[str, str] = json.loads(NOTES.read_text()) if NOTES.exists() else {}
    return seen


def table() -> str:
    """All of it as Markdown."""
    seen = noted()
    lines = [f"Seen on {datetime.now(UTC):%Y-%m-%d}.", ""]
    lines.append("| | " + " | ".join(KERNELS) + " |")
    lines.append("|---" * (len(KERNELS) + 1) + "|")
    for host, package in HOSTS.items():
        cells = [seen.get(f"{host}/{kernel}", "") for kernel in KERNELS]
        lines.append(f"| {host} {version(package)} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def publish() -> None:
    """Put the table into the page, in place of the last one."""
    before, begin, rest = PAGE.read_text().partition(BEGIN)
    assert begin, f"{PAGE.name} has no place for it: {BEGIN}"
    PAGE.write_text(f"{before}{BEGIN}\n{table()}\n{END}{rest.partition(END)[2]}")


if __name__ == "__main__":
    publish()
