"""Where tests lie: each beside what it tests, what they share in one place."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from textwrap import dedent

from tests.support.paths import ROOT

TESTS = ROOT / "tests"
WHOLE = set("browser compatibility faults golden ipykernels project support typing".split())
"""Folders for what concerns more than one package, and for data."""


def imported(code: str) -> Iterator[str]:
    """The modules that the code names in an import, at any depth, also in a program in a string."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Constant) and "import " in str(node.value):
            with suppress(SyntaxError):  # prose
                yield from imported(dedent(str(node.value)))


def is_collected(module: str) -> bool:
    """Whether pytest collects the module, or loads it as a plugin."""
    name = module.rpartition(".")[2]
    return name.startswith("test_") or name == "conftest"


def test_nothing_imports_a_test_module() -> None:
    """What several tests need lies in `tests/support`; their fixtures lie in a conftest.py."""
    files = [path for name in ("tests", "benchmarks", "simulator") for path in sources(name)]
    assert len(files) > 100
    found = [
        (str(path.relative_to(ROOT)), module)
        for path in files
        if path != Path(__file__)  # has such imports as examples
        for module in imported(path.read_text("utf-8"))
        if is_collected(module)
    ]
    assert found == []


def sources(name: str) -> list[Path]:
    return sorted((ROOT / name).rglob("*.py"))


def test_the_check_sees_every_form_of_import() -> None:
    """Absolute, relative, of a name, in a function, in a program in a string."""
    forms = [
        "import tests.client.test_x",
        "from tests.client import test_x",
        "from tests.client.test_x import y",
        "from .test_x import y",
        "from . import test_x",
        "def f():\n    from tests.conftest import y",
        "PROGRAM = '''\n  import time\n  from tests.client.test_x import y\n'''",
    ]
    assert [any(map(is_collected, imported(form))) for form in forms] == [True] * len(forms)
    assert not any(map(is_collected, imported("from tests.support import chats\nimport pytest")))


def test_the_folders_of_tests_are_those_of_the_package() -> None:
    """The tests of a package lie under its name, at any depth; those of a module beside it."""
    package = ROOT / "tutor_widget"
    files = [path.relative_to(TESTS) for path in TESTS.rglob("test_*.py")]
    mirrored = [path for path in files if path.parts[0] not in WHOLE]
    assert len(mirrored) > 40
    assert [str(path) for path in mirrored if not (package / path.parent).is_dir()] == []
    modules = {path.stem for path in package.iterdir()}
    beside = {path.stem.removeprefix("test_") for path in mirrored if len(path.parts) == 1}
    assert beside <= modules
