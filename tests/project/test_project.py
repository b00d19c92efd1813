"""The project itself: what is locked, what is packed, what is named where."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.paths import ROOT

STATIC = Path("tutor_widget", "static")
WCAG = """
1.1.1 1.2.1 1.2.2 1.2.3 1.2.4 1.2.5 1.3.1 1.3.2 1.3.3 1.3.4 1.3.5
1.4.1 1.4.2 1.4.3 1.4.4 1.4.5 1.4.10 1.4.11 1.4.12 1.4.13
2.1.1 2.1.2 2.1.4 2.2.1 2.2.2 2.3.1 2.4.1 2.4.2 2.4.3 2.4.4 2.4.5 2.4.6 2.4.7 2.4.11
2.5.1 2.5.2 2.5.3 2.5.4 2.5.7 2.5.8 3.1.1 3.1.2 3.2.1 3.2.2 3.2.3 3.2.4 3.2.6
3.3.1 3.3.2 3.3.3 3.3.4 3.3.7 3.3.8 4.1.2 4.1.3
"""
HASHED = re.compile(
    r"^[\w.\-\[\]]+==[\w.+]+( ; [^\\]+)? \\\n(    --hash=sha256:[0-9a-f]{64}( \\)?\n)+",
    re.MULTILINE,
)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what a build needs, with a bundle that is up to date."""
    copy = tmp_path / "checkout"
    ignored = shutil.ignore_patterns("node_modules", "__pycache__", "test")
    for name in ("tutor_widget", "js", "notebooks"):
        shutil.copytree(ROOT / name, copy / name, ignore=ignored)
    for name in ("pyproject.toml", "hatch_build.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    static = copy / STATIC
    static.mkdir(exist_ok=True)
    (static / "widget.js").write_text("export default {}")
    dashboard = copy / "tutor_widget" / "dashboard" / "static"
    dashboard.mkdir(exist_ok=True)
    (dashboard / "dashboard.js").write_text("export {}")
    record = "import hatch_build as h, json; h.RECORD.write_text(json.dumps(h.fingerprints()))"
    subprocess.run([sys.executable, "-c", record], cwd=copy, check=True)
    return copy


def build(checkout: Path, kind: str = "wheel") -> subprocess.CompletedProcess[str]:
    """Build with no npm in reach."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", kind]
    return subprocess.run(
        command, cwd=checkout, env={"PATH": ""}, capture_output=True, text=True, check=False
    )


def test_the_wheel_holds_the_bundle(checkout: Path) -> None:
    """Code, types, lessons, words, bundle with its parts; nothing of the project around them."""
    done = build(checkout)
    assert done.returncode == 0, done.stderr
    (wheel,) = (checkout / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        names = packed.namelist()
    assert {
        "tutor_widget/dashboard/static/dashboard.js",
        "tutor_widget/dashboard/templates/base.html",
        "tutor_widget/notebooks/quickstart.ipynb",
        "tutor_widget/py.typed",
        "tutor_widget/server/tutors/lesson/lessons/lists.toml",
        "tutor_widget/server/tutors/lesson/lessons/zh/lists.toml",
        "tutor_widget/server/tutors/model/prompt/socratic.md",
        "tutor_widget/static/parts/math.js",
        "tutor_widget/static/widget.js",
        "tutor_widget/words/de.json",
    } <= set(names)
    assert {name.split("/")[0] for name in names} == {
        "tutor_widget",
        f"tutor_widget-{version()}.dist-info",
    }


def test_the_sdist_builds_the_same_wheel_without_npm(checkout: Path, tmp_path: Path) -> None:
    """Sources, bundle and record travel together."""
    assert build(checkout, "sdist").returncode == 0
    (packed,) = (checkout / "dist").glob("*.tar.gz")
    shutil.unpack_archive(packed, tmp_path, filter="data")
    done = build(tmp_path / packed.name.removesuffix(".tar.gz"))
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("change", "state"),
    [
        (lambda root: (root / STATIC / "widget.js").unlink(), "missing"),
        (lambda root: (root / STATIC / "widget.js").write_text("export {}"), "older"),
        (lambda root: (root / STATIC / "bundle.json").unlink(), "older"),
        (lambda root: (root / "js/src/new.ts").write_text("export {}"), "older"),
        (lambda root: (root / "tutor_widget/words/en.json").write_text("{}"), "older"),
        (lambda root: (root / "js/tsconfig.json").write_text("{}"), "older"),
    ],
    ids=["no bundle", "foreign bundle", "no record", "newer source", "words", "settings"],
)
def test_no_wheel_is_built_around_a_stale_bundle(
    checkout: Path, change: Callable[[Path], object], state: str
) -> None:
    """Missing, foreign or older than its sources: the build says which, and what to do."""
    change(checkout)
    done = build(checkout)
    assert done.returncode != 0
    said = done.stdout + done.stderr
    assert f"The front end's bundle is {state}" in said
    assert "Install Node.js 20 or newer" in said
    assert "Traceback" not in said
    assert not list(checkout.glob("dist/*.whl"))


@pytest.mark.parametrize(
    "lock",
    [*ROOT.glob("*.lock"), *ROOT.glob("tests/ipykernels/*.lock")],
    ids=lambda lock: lock.name,
)
def test_locks_hold_pins_and_hashes_only(lock: Path) -> None:
    """No address of any index or file, and not one requirement without its hashes."""
    text = lock.read_text()
    assert text
    assert HASHED.sub("", text) == ""


def test_the_npm_lock_holds_no_addresses() -> None:
    """Packages come from whichever registry npm is set up to use."""
    packages = json.loads((ROOT / "js/package-lock.json").read_text())["packages"]
    assert packages
    assert [name for name, entry in packages.items() if "resolved" in entry] == []


def test_the_locks_have_every_direct_requirement() -> None:
    """What pyproject.toml asks for is what dev.py installs, for `lab` and for `test`."""
    assert required("build") <= locked("requirements.lock").keys()
    assert required("build", "dev") <= locked("requirements-test.lock").keys()


def test_the_lock_of_the_hub_has_the_versions_of_the_tests() -> None:
    """And all that `dev.py hub` asks for: what runs is what was tested."""
    hub, tests = locked("requirements-hub.lock"), locked("requirements-test.lock")
    assert required("build", "hub") | {"httpx"} <= hub.keys()
    assert hub.items() <= tests.items()
    assert {"pytest", "playwright", "mypy", "marimo"}.isdisjoint(hub)


def test_the_lock_of_the_model_adds_to_the_others() -> None:
    """It has what its group asks for, nothing that is compiled, and the tests' versions."""
    model, tests = locked("requirements-model.lock"), locked("requirements-test.lock")
    group = pyproject()["dependency-groups"]["model"]
    assert {re.split(r"[>=]", line)[0] for line in group} <= model.keys()
    assert "llama-cpp-python" not in model
    assert {name for name in model.keys() & tests.keys() if model[name] != tests[name]} == set()


def test_the_tests_run_with_the_versions_that_lab_runs_with() -> None:
    """The lock of the tests holds all of the other, pin for pin; `lab` installs no test tools."""
    less, more = locked("requirements.lock"), locked("requirements-test.lock")
    assert less.items() <= more.items()
    assert {"pytest", "playwright", "mypy", "marimo"}.isdisjoint(less)


def locked(name: str) -> dict[str, str]:
    """The versions that a lock file pins, by package."""
    text = (ROOT / name).read_text()
    return dict(re.findall(r"^([\w.-]+)==([\w.+]+)", text, re.MULTILINE))


def required(*groups: str) -> set[str]:
    """The packages that the project asks for directly, with those of the dependency groups."""
    project = pyproject()
    lines = [
        *project["project"]["dependencies"],
        *project["project"]["optional-dependencies"]["lab"],
        *(line for name in groups for line in project["dependency-groups"][name]),
    ]
    return {re.split(r"[>=<\[]", line)[0] for line in lines if isinstance(line, str)}


def test_contributing_gives_a_reason_for_each_direct_dependency() -> None:
    """Few, and each argued for."""
    text = (ROOT / "CONTRIBUTING.md").read_text()
    front_end = json.loads((ROOT / "js/package.json").read_text())
    named = [
        *required("build", "dev", "hub", "model"),
        *front_end.get("dependencies", {}),
        *front_end["devDependencies"],
    ]
    assert [name for name in named if f"`{name}`" not in text] == []


DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
FOLDERS = "deploy|tests|docs|notebooks|benchmarks|simulator|tutor_widget|js"
FILES = (
    rf"`((?:{FOLDERS})/[\w./-]+\.(?:py|ts|mjs|js|json|md|ipynb|yaml|txt|service|conf))(?:::\w+)?`"
)


@pytest.mark.parametrize("page", DOCUMENTS, ids=lambda page: page.stem)
def test_what_the_documents_name_is_there(page: Path) -> None:
    """Every test that shows a guarantee, every module, and every page that is linked to."""
    text = page.read_text("utf-8")
    built = {"tutor_widget/static/widget.js"}
    named = {path for path in re.findall(FILES, text) if path not in built}
    assert sorted(path for path in named if not (ROOT / path).exists()) == []
    linked = re.findall(r"\]\(([\w./-]+)(?:#[\w-]+)?\)", text)
    assert [path for path in linked if not (page.parent / path).exists()] == []


def test_every_criterion_of_accessibility_names_tests_that_there_are() -> None:
    """All 55 of WCAG 2.2 A and AA: each says which test shows it, or why it does not apply."""
    text = (ROOT / "docs/accessibility.md").read_text("utf-8")
    rows = re.findall(r"^\| (\d\.\d\.\d+) \| .* \| A{1,2} \| (.+) \| (.*) \|$", text, re.MULTILINE)
    assert [number for number, *_ in rows] == WCAG.split()
    tests = dict(re.findall(r"^(\d+)\. `([\w/]+\.py::\w+)`$", text, re.MULTILINE))
    shown = {number: re.findall(r"\[(\d+)\]", by) for number, _, by in rows}
    assert {name for names in shown.values() for name in names} == set(tests)
    for number, how, _ in rows:
        assert shown[number] or how.startswith("Not applicable: "), number
    for name in tests.values():
        file, _, function = name.partition("::")
        code = (ROOT / "tests/browser" / file).read_text("utf-8")
        assert f"\ndef {function}(" in code, name


def version() -> str:
    return str(pyproject()["project"]["version"])


def pyproject() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())
