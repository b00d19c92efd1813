"""The notebooks that we ship run from top to bottom."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree

import nbformat
import pytest
from nbclient import NotebookClient

from small_model import NAME
from small_model.process import CONFIG_PATH
from tests.support.paths import ROOT
from tests.support.postgres import running_cluster
from tests.support.servers.endpoint import ScriptedEndpoint
from tests.support.servers.endpoint_scripts import good
from tests.support.small_model import real_model

NOTEBOOKS: Final = ROOT / "notebooks"
Execute = Callable[[str], Any]


@pytest.fixture
def execute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Execute:
    """Execute a notebook in a real kernel, with a data folder of its own; the notebook then."""
    for name in ("TUTOR_CHAT_URL", "TUTOR_CHAT_TOKEN", "TUTOR_SERVER_TOKEN", "TUTOR_DB_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))

    def run(name: str) -> Any:
        notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
        folder = {"metadata": {"path": str(tmp_path)}}
        NotebookClient(notebook, timeout=100, resources=folder).execute()
        return notebook

    return run


def shows_chats_and_no_warning(notebook: Any) -> bool:
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert [output for output in outputs if output.get("name") == "stderr"] == []
    return any("text/plain" in output.get("data", {}) for output in outputs)


def outputs_of(notebook: Any, cell_id: str) -> list[Any]:
    (cell,) = [cell for cell in notebook.cells if cell.id == cell_id]
    return list(cell.outputs)


def printed(notebook: Any, cell_id: str) -> str:
    """What the cell has written to stdout."""
    outputs = outputs_of(notebook, cell_id)
    return "".join(output.text for output in outputs if output.output_type == "stream")


def shown(notebook: Any, cell_id: str, kind: str) -> str:
    """What the cell's last line shows, as this MIME type."""
    (output,) = outputs_of(notebook, cell_id)
    return str(output.data[kind])


def test_the_quickstart_runs(execute: Execute) -> None:
    """It shows chats; nothing is said on stderr."""
    assert shows_chats_and_no_warning(execute("quickstart"))


def test_the_notebook_of_the_model_shows_what_it_says(
    execute: Execute, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The endpoint gives the answer away each time: the model speaks, the guard stops the rest,
    the exam closes the tutor, and no request holds the answer."""
    tells = ("Take a breath. ", "It is a short word. ", "The word is `break`. ", "Well done!")
    with ScriptedEndpoint(good(*tells)) as endpoint:
        monkeypatch.setenv("OPENAI_BASE_URL", endpoint.url)
        monkeypatch.setenv("OPENAI_MODEL", "m-1")
        notebook = execute("tutor")
    assert shows_chats_and_no_warning(notebook)
    for cell in ("talk", "wrong", "beg"):
        assert "Take a breath. It is a short word." in printed(notebook, cell)
        assert "break" not in printed(notebook, cell)
        assert "Well done!" not in printed(notebook, cell)
    assert "plate" in printed(notebook, "beg")  # the hint that is due
    assert "closed until" in printed(notebook, "exam")
    assert len(endpoint.requests) == 3
    assert all("examples from sport" in request.texts[0][1] for request in endpoint.requests)
    assert "break" not in str([request.body for request in endpoint.requests])


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_notebook_of_the_model_runs_with_a_real_one(
    execute: Execute, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Each message is answered, by the model or by the lesson; the exam closes the tutor."""
    with real_model(tmp_path, "--longest=60") as model:
        monkeypatch.setenv("OPENAI_BASE_URL", model.url)
        monkeypatch.setenv("OPENAI_API_KEY", model.key)
        monkeypatch.setenv("OPENAI_MODEL", NAME)
        monkeypatch.setenv("JUPYTER_CONFIG_PATH", CONFIG_PATH)
        notebook = execute("tutor")
    assert shows_chats_and_no_warning(notebook)
    for cell in ("talk", "wrong", "beg"):
        assert printed(notebook, cell).strip()
    assert "closed until" in printed(notebook, "exam")


@pytest.mark.parametrize("engine", ["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def test_a_class_loses_nothing_when_one_of_two_servers_is_killed(
    execute: Execute, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, engine: str
) -> None:
    """The notebook counts each message once, also those said while away; its picture shows all
    learners; what it exports adds up; no name is in what is exported for people, and no file stays.
    """
    if engine == "postgres":
        cluster = running_cluster()
        monkeypatch.setenv("TUTOR_DB_URL", cluster.make_database(cluster.template))
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    notebook = execute("classroom")
    assert shows_chats_and_no_warning(notebook)
    counts = {
        words.strip(" …"): int(number)
        for words, number in re.findall(r"(.+?) +(\d+)\n", printed(notebook, "count"))
    }
    away, said = counts.pop("while away"), counts["written"]
    assert 0 < said - 20 * 6 <= away  # at least what each said at the moment of going away
    assert counts == {
        "written": said,
        "stored": said,
        "answered": said,
        "lost": 0,
        "stored twice": 0,
        "without an answer": 0,
        "answered twice": 0,
        "diaries in order": 20,
    }
    picture = ElementTree.fromstring(shown(notebook, "picture", "text/html"))
    circles = picture.findall("circle")
    assert len(circles) == said
    assert len([circle for circle in circles if circle.get("fill") == "none"]) == away
    names = {text.text for text in picture.findall("text") if text.get("x") == "0"}
    scores = re.findall(r"of 3 right: (.+)", printed(notebook, "help"))
    assert names == {name for line in scores for name in line.split(", ")}
    assert len(names) == 20
    noted = re.findall(r"(?:right|wrong|hint|talk) (\d+)", printed(notebook, "hard"))
    waited = re.findall(r"–\d+ s: (\d+)", printed(notebook, "waited"))
    assert sum(map(int, waited)) == said
    assert 0 < sum(map(int, noted)) <= said
    conversation = shown(notebook, "read", "text/markdown")
    assert conversation.startswith("# Conversation ")
    assert not [name for name in names if str(name) in conversation]
    assert not list((tmp_path / "tmp").glob("two-servers-*"))


@pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.stem)
def test_the_notebook_is_stored_without_results(path: Path) -> None:
    """No outputs, no counts, no widget state: nobody's conversation is in the repository."""
    notebook = nbformat.read(path, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.outputs for cell in code] == [[]] * len(code)
    assert {cell.execution_count for cell in code} == {None}
    assert "widgets" not in notebook.metadata
