"""Hosts × kernels: which are tried, what was seen, and README's table of it.

The tests note what they have seen; `python3 dev.py hosts` runs them all, then this module, which
rewrites the table.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Final

from tests.support.paths import ROOT

PAGE: Final = ROOT / "README.md"
NOTES: Final = ROOT / "test-results" / "hosts.json"
BEGIN: Final = "<!-- hosts: written by python3 dev.py hosts -->"
END: Final = "<!-- end of hosts -->"

OLDER: Final = tuple(
    sorted((path.stem for path in (ROOT / "tests" / "ipykernels").glob("*.lock")), key=float)
)
OWN: Final = ".".join(version("ipykernel").split(".")[:2])
OFF: Final = f"{OWN}, subshells off"
ITS_OWN: Final = "its own"
KERNELS: Final = (*OLDER, OWN, OFF, ITS_OWN)
"""The columns: versions of ipykernel, and what is none."""

FIREFOX: Final = "JupyterLab in Firefox"
HOSTS: Final = {
    "JupyterLab": ("jupyterlab", (*OLDER, OWN, OFF)),
    FIREFOX: ("jupyterlab", (*OLDER, OWN, OFF)),
    "Notebook": ("notebook", (*OLDER, OWN)),  # has no such setting, and them on
    "Voilà": ("voila", (*OLDER, OWN)),  # runs no cell while a learner types
    "marimo": ("marimo", (ITS_OWN,)),
}
"""The rows: the package whose version counts, and the kernels that are tried."""

AT_ONCE: Final = "at once"
AFTER: Final = "after the cell"
ANSWERED: Final = "yes"


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
    lines = ["| ipykernel | " + " | ".join(KERNELS) + " |", "|---" * (len(KERNELS) + 1) + "|"]
    for host, (package, tried) in HOSTS.items():
        cells = [
            seen.get(f"{host}/{kernel}", "**no**") if kernel in tried else "" for kernel in KERNELS
        ]
        name = host.replace(host.split()[0], f"{host.split()[0]} {version(package)}")
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join([*lines, "", f"{datetime.now(UTC):%Y-%m-%d}, `python3 dev.py hosts`."])


def publish() -> None:
    """Put the table into the page, in place of the last one."""
    before, begin, rest = PAGE.read_text().partition(BEGIN)
    assert begin, f"{PAGE.name} has no place for it: {BEGIN}"
    PAGE.write_text(f"{before}{BEGIN}\n{table()}\n{END}{rest.partition(END)[2]}")


if __name__ == "__main__":
    publish()
