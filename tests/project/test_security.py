"""The list of promises in docs/operating.md, Security: each names tests that there are."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

from tests.support.paths import ROOT
from tutor_widget.server.options import ServerOptions
from tutor_widget.server.tutors.model import OpenAITutor

SECTION = (ROOT / "docs" / "operating.md").read_text("utf-8").partition("\n## Security\n")[2]
ROWS = re.findall(r"^\| (.*) \| (.*) \|$", SECTION.partition("\n## ")[0], re.MULTILINE)


@cache
def functions(path: Path) -> set[str]:
    """The names of a module's tests. Those of another kind are none that pytest collects."""
    tree = ast.parse(path.read_text("utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in tree.body if isinstance(node, kinds)}


def test_every_promise_names_tests_that_there_are() -> None:
    """At least one, and nothing else stands in that column."""
    promises = {what: re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", by) for what, by in ROWS[1:]}
    assert len(promises) == len(ROWS) - 1 > 20
    for what, shown in promises.items():
        assert shown, what
        missing = [test for file, test in shown if test not in functions(ROOT / file)]
        assert missing == [], what
    for _, by in ROWS[1:]:
        assert re.sub(r"`[\w/.:]+`(, )?", "", by) == ""


def test_no_option_takes_a_secret() -> None:
    """Every user of a machine can read its command lines: an option names a file at most."""
    secret = re.compile(r"(^|_)(token|key|secret|password)(_|$)")
    options = [*ServerOptions.class_traits(config=True), *OpenAITutor.class_traits(config=True)]
    named = {name for name in options if secret.search(name) and not name.endswith("_timeout")}
    assert named == {"token_file", "jwt_key_file", "jwt_secret_file", "api_key_file"}
