"""What a hub, or an operator in its place, tells the server in its environment."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tutor_widget.server import BadSetting
from tutor_widget.server.app import TutorServer
from tutor_widget.server.auth import HubAuthenticator, make_authenticator
from tutor_widget.server.auth.hub import hub_service

WHOLE = {
    "JUPYTERHUB_API_URL": "http://hub:8081/hub/api",
    "JUPYTERHUB_OAUTH_ACCESS_SCOPES": '["access:services", "access:services!service=tutor"]',
    "JUPYTERHUB_SERVICE_PREFIX": "/services/tutor/",
    "JUPYTERHUB_SERVICE_URL": "http://10.0.0.7:9000",
}


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path))
    for name in [name for name in os.environ if name.startswith("JUPYTERHUB_")]:
        monkeypatch.delenv(name)


def app(*options: str) -> TutorServer:
    made = TutorServer()
    made.initialize([*options])
    return made


def place(made: TutorServer) -> tuple[str, int, str]:
    return made.host, made.port, made.settings(0).base_url


def test_a_service_is_where_the_hub_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """Host, port and path are the hub's with `--auth hub`, unless they are given."""
    for name, value in WHOLE.items():
        monkeypatch.setenv(name, value)
    assert place(app("--auth=hub")) == ("10.0.0.7", 9000, "/services/tutor/")
    given = ("--host=127.0.0.1", "--port=1", "--base-url=/x")
    assert place(app("--auth=hub", *given)) == ("127.0.0.1", 1, "/x/")
    assert place(app()) == ("127.0.0.1", 8765, "/")
    monkeypatch.delenv("JUPYTERHUB_SERVICE_URL")
    assert place(app("--auth=hub")) == ("127.0.0.1", 8765, "/services/tutor/")
    monkeypatch.delenv("JUPYTERHUB_SERVICE_PREFIX")
    assert place(app("--auth=hub", "--base-url=/")) == ("127.0.0.1", 8765, "/")


def test_the_hub_and_the_scopes_are_read() -> None:
    """A token needs one of the scopes."""
    service = hub_service(WHOLE)
    assert service.api_url == "http://hub:8081/hub/api"
    assert service.scopes == {"access:services", "access:services!service=tutor"}
    assert isinstance(make_authenticator("hub", "", "", environment=WHOLE), HubAuthenticator)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("JUPYTERHUB_API_URL", ""),
        ("JUPYTERHUB_API_URL", "hub:8081/hub/api"),
        ("JUPYTERHUB_API_URL", "unix+http://%2Fhub.sock/hub/api"),
        ("JUPYTERHUB_API_URL", "http://user:passphrase@hub/hub/api"),
        ("JUPYTERHUB_API_URL", "http://hub:port/hub/api"),
        ("JUPYTERHUB_API_URL", "http://[hub/hub/api"),
        ("JUPYTERHUB_API_URL", "http:///hub/api"),
        ("JUPYTERHUB_OAUTH_ACCESS_SCOPES", ""),
        ("JUPYTERHUB_OAUTH_ACCESS_SCOPES", "access:services!service=tutor"),
        ("JUPYTERHUB_OAUTH_ACCESS_SCOPES", '"access:services!service=tutor"'),
        ("JUPYTERHUB_OAUTH_ACCESS_SCOPES", "[]"),
        ("JUPYTERHUB_OAUTH_ACCESS_SCOPES", '[""]'),
        ("JUPYTERHUB_OAUTH_ACCESS_SCOPES", "[1]"),
        ("JUPYTERHUB_SERVICE_PREFIX", ""),
        ("JUPYTERHUB_SERVICE_URL", "https://10.0.0.7:9000"),
        ("JUPYTERHUB_SERVICE_URL", "10.0.0.7:9000"),
    ],
)
def test_half_a_configuration_ends_the_start(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """With the name of the variable and what it is, and without its value."""
    for each, usual in (WHOLE | {name: value}).items():
        monkeypatch.setenv(each, usual)
    with pytest.raises(SystemExit) as raised:
        app("--auth=hub", "--tutor=echo", "--db-url=db").start()
    said = str(raised.value)
    assert said.startswith("tutor-widget serve: --auth hub")
    assert f"${name}" in said
    assert "such as" in said
    assert "passphrase" not in said


@pytest.mark.parametrize(("file", "token"), [("tokens", ""), ("", "secret")])
def test_a_hub_and_tokens_contradict(file: str, token: str) -> None:
    """As none and tokens do."""
    with pytest.raises(BadSetting, match=r"--auth hub, but tokens .* Remove the one or the other"):
        make_authenticator("hub", file, token, environment=WHOLE)


def test_a_missing_package_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says what to install."""
    monkeypatch.setitem(sys.modules, "httpx", None)
    monkeypatch.delitem(sys.modules, "tutor_widget.server.auth.hub.api", raising=False)
    with pytest.raises(BadSetting, match=r"pip install \"tutor-widget\[hub\]\""):
        make_authenticator("hub", "", "", environment=WHOLE)
