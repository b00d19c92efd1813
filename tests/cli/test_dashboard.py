"""`tutor-widget dashboard`: what an operator says, and what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.children import run_python
from tests.support.operators import command
from tests.support.servers.dashboard import TOKENS, Dashboard
from tests.support.small_class import fill_class
from tutor_widget.dashboard.options import Options, checked
from tutor_widget.server.settings import BadSetting

HUB = {
    "JUPYTERHUB_API_TOKEN": "secret",
    "JUPYTERHUB_CLIENT_ID": "service-tutor-dashboard",
    "JUPYTERHUB_SERVICE_PREFIX": "/services/tutor-dashboard/",
    "JUPYTERHUB_SERVICE_URL": "http://127.0.0.1:9999",
}


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ([], "Say who may sign in"),
        (["--auth=tokens"], "--auth tokens needs --token-file"),
        (["--auth=tokens", "--token-file=none"], "none cannot be read"),
        (["--auth=tokens", "--token-file=tokens", "--groups-file=x"], "--groups-file is for"),
        (["--auth=hub", "--token-file=tokens"], "--token-file is for --auth tokens"),
        (["--auth=hub"], "--auth hub needs $JUPYTERHUB_CLIENT_ID"),
        (["--auth=tokens", "--token-file=tokens", "--base-url=/a/../b"], "--base-url '/a/../b'"),
        (["--auth=tokens", "--token-file=tokens", "--db-url=none.sqlite"], "There is no database"),
        (["--auth=tokens", "--token-file=tokens", "--trusted-proxies", "x"], "--trusted-proxies"),
    ],
)
def test_half_a_configuration_ends_the_start(
    tmp_path: Path, given: list[str], sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a sentence, and without a traceback or a token."""
    for name in (*HUB, "JUPYTERHUB_API_URL", "JUPYTERHUB_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    database = tmp_path / "tutor.sqlite"
    fill_class(f"sqlite:///{database}")
    (tmp_path / "tokens").write_text(TOKENS, "utf-8")
    if not any(one.startswith("--db-url") for one in given):
        given = [*given, f"--db-url=sqlite:///{database}"]
    done = command("dashboard", *given, folder=tmp_path)
    said = done.stderr.decode()
    assert done.returncode == 1
    assert sentence in said
    assert "Traceback" not in said
    assert "token-of" not in said


def test_without_the_web_server_a_sentence_names_the_extra() -> None:
    """It is installed only where it is asked for."""
    done = run_python(
        "import sys; sys.modules['tornado'] = None\n"
        "from tutor_widget.cli import main; sys.exit(main(['dashboard', '--auth=tokens']))"
    )
    assert done.returncode == 1
    assert done.stderr == (
        "tutor-widget: The dashboard needs the package tornado: "
        "pip install 'tutor-widget[dashboard]'\n"
    )


@pytest.mark.parametrize("missing", ["JUPYTERHUB_CLIENT_ID", "JUPYTERHUB_API_TOKEN"])
def test_half_of_a_hub_is_named(missing: str) -> None:
    """The variable that is missing; no other is quoted."""
    environment = {name: value for name, value in HUB.items() if name != missing}
    with pytest.raises(BadSetting, match=rf"\${missing}") as raised:
        checked(Options("x.sqlite", auth="hub"), environment)
    assert "secret" not in str(raised.value)


def test_a_hub_says_where_the_dashboard_is() -> None:
    """Path, host and port, unless the operator says otherwise."""
    found = checked(Options("x.sqlite", auth="hub"), HUB)
    assert (found.base_url, found.host, found.port) == (
        "/services/tutor-dashboard/",
        "127.0.0.1",
        9999,
    )
    said = checked(Options("x.sqlite", auth="hub", host="::1", port=0, base_url="teach"), HUB)
    assert (said.base_url, said.host, said.port) == ("/teach/", "::1", 0)


def test_it_ends_by_a_signal(tmp_path: Path) -> None:
    """Also while a page is open."""
    database = f"sqlite:///{tmp_path / 'tutor.sqlite'}"
    fill_class(database)
    with Dashboard(tmp_path, database) as dashboard:
        browser = dashboard.browser("lovelace")
        stream = browser.stream("live?topic=held")
        assert stream.readline() == b"retry: 2000\n"
        assert dashboard.stop() == 0
        stream.close()
    assert "Traceback" not in dashboard.log.read_text()


def test_a_file_of_tokens_says_who_signs_in() -> None:
    """Then `--auth` need not be said."""
    assert checked(Options("db", token_file=Path("tokens")), {}).auth == "tokens"
