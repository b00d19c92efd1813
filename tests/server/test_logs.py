"""The events of the server's log are those of its documentation."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.support.paths import ROOT
from tutor_widget import server


def test_every_event_of_the_log_is_documented() -> None:
    """The table of events in docs/operating.md has those that the server's code writes."""
    assert written() == documented()


def written() -> set[str]:
    """The first argument of each call of `log`."""
    calls = [
        node
        for path in Path(server.__file__).parent.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "log"
    ]
    return {str(ast.literal_eval(call.args[0])) for call in calls}


def documented() -> set[str]:
    """The names in the first column of the table."""
    page = (ROOT / "docs" / "operating.md").read_text("utf-8")
    section = page.partition("## The log\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\|([^|]*`[^|]*)\|", section, re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`([^`]+)`", row)}
