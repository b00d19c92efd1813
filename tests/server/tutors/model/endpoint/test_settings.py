"""What can be known at the start is said at the start, without a secret."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from tests.support.model_calls import Message, ask, call, finished, settings, started
from tests.support.servers import endpoint_scripts as scripts
from tests.support.servers.endpoint import KEY, ScriptedEndpoint
from tutor_widget.errors import Misuse
from tutor_widget.secret import Secret
from tutor_widget.server.settings import BadSetting
from tutor_widget.server.tutors.model.endpoint import Endpoint

URL = "http://127.0.0.1:1/v1"
PASSWORD = "the-password"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"model": " "}, "--model"),
        ({"model": "m\n"}, "--model"),
        ({"url": ""}, "--model-url"),
        ({"url": "127.0.0.1:8000"}, "--model-url"),
        ({"url": "ftp://example.org/v1"}, "--model-url"),
        ({"url": "http://"}, "--model-url"),
        ({"url": "http://example.org:99999/v1"}, "--model-url"),
        ({"url": "http://[::1/v1"}, "--model-url"),
        ({"url": f"http://example.org/{PASSWORD} v1"}, "--model-url"),
        ({"url": f"https://me:{PASSWORD}@example.org/v1"}, "no password"),
        ({"url": f"https://{PASSWORD}@example.org/v1"}, "no password"),
        ({"url": f"https://example.org/v1?key={PASSWORD}"}, "?"),
        ({"url": f"https://example.org/v1#{PASSWORD}"}, "#"),
        ({"api_key": Secret(f"{PASSWORD}\nX-Header: 1")}, "$OPENAI_API_KEY"),
        ({"api_key": Secret(f"{PASSWORD}é")}, "$OPENAI_API_KEY"),
        ({"connect_timeout": 0}, "connect_timeout"),
        ({"first_token_timeout": -1.0}, "first_token_timeout"),
        ({"token_timeout": float("nan")}, "token_timeout"),
        ({"total_timeout": float("inf")}, "total_timeout"),
        ({"breaker_failures": 0}, "breaker_failures"),
        ({"breaker_seconds": "30"}, "breaker_seconds"),
    ],
)
def test_a_bad_setting_is_a_sentence(changes: dict[str, Any], says: str) -> None:
    """It names the setting and quotes no secret."""
    with pytest.raises(BadSetting) as caught:
        settings(changes.pop("url", URL), **changes)
    assert says in str(caught.value)
    assert PASSWORD not in str(caught.value)


@pytest.mark.parametrize("url", ["https://example.org", "http://[::1]:8000/v1/", "http://model/v1"])
def test_any_address_of_the_web_will_do(url: str) -> None:
    """With and without a path, by name or by number."""
    assert settings(url).url == url


async def test_a_key_from_a_file_has_a_line_end() -> None:
    """What stands around it is removed; a key that is blank is none."""
    for key, sent in ((f" {KEY}\r\n", KEY), ("\n", "none")):
        async with ScriptedEndpoint(scripts.good("Hi")) as endpoint:
            await ask(endpoint.url, api_key=Secret(key))
        assert endpoint.requests[0].key == sent


def test_settings_show_no_key() -> None:
    """Neither settings nor a client."""
    assert KEY not in repr(settings(URL)) + repr(Endpoint(settings(URL)))


def test_the_package_is_imported_only_when_it_is_used() -> None:
    """It costs a second and 27 MiB: a server with another tutor never has it."""
    program = (
        "import sys, tutor_widget.server.app, tutor_widget.server.tutors.model.endpoint\n"
        "assert not {'openai', 'httpx2'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


async def test_without_the_package_the_start_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A sentence with the command."""
    monkeypatch.setitem(sys.modules, "openai", None)
    monkeypatch.delitem(
        sys.modules, "tutor_widget.server.tutors.model.endpoint.client", raising=False
    )
    with pytest.raises(BadSetting, match=r'pip install "tutor-widget\[openai\]"'):
        await Endpoint(settings(URL)).start()


async def test_a_proxy_is_not_between_this_machine_and_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An endpoint on loopback is reached directly, whatever the environment says."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    async with ScriptedEndpoint(scripts.good("Hi")) as endpoint:
        assert (await ask(endpoint.url)).text == "Hi"


async def test_a_proxy_that_there_cannot_be_is_said_at_the_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without its password."""
    monkeypatch.setenv("ALL_PROXY", f"nothing://me:{PASSWORD}@example.org")
    with pytest.raises(BadSetting) as caught:
        await Endpoint(settings("https://example.org/v1")).start()
    assert "_PROXY" in str(caught.value)
    assert PASSWORD not in str(caught.value)
    assert caught.value.__context__ is None


async def test_a_proxy_is_used_for_other_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the environment says."""
    async with ScriptedEndpoint(scripts.good("Hi")) as endpoint:
        for name in ("HTTP_PROXY", "http_proxy"):
            monkeypatch.setenv(name, endpoint.url.removesuffix("/v1"))
        outcome = await ask("http://model.invalid/v1")
    assert outcome.text == "Hi"
    assert endpoint.requests[0].path == "http://model.invalid/v1/chat/completions"


async def test_no_cookie_is_kept() -> None:
    """What one learner's answer brings is not sent with another's question."""
    async with ScriptedEndpoint(scripts.cookies) as endpoint, started(endpoint.url) as client:
        for _ in range(2):
            assert (await finished(call(client))).text == "Hi"
    assert all("cookie" not in request.headers for request in endpoint.requests)


async def test_a_call_needs_a_start() -> None:
    """A mistake of the program, which is named; to close twice is none."""
    endpoint = Endpoint(settings(URL))
    with pytest.raises(Misuse, match="start"):
        endpoint.call([Message("user", "Hi")], None)
    await endpoint.close()
    await endpoint.close()
