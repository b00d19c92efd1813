"""The forms of an address, which addresses are this machine, and what a source of tokens gives."""

from __future__ import annotations

import asyncio
import traceback

import pytest

from tutor_widget import InvalidURL, Refused
from tutor_widget.client.net.address import parse
from tutor_widget.client.net.endpoint import Remote
from tutor_widget.secret import Secret

HUB = "wss://hub.example.edu/services/tutor/"


@pytest.mark.parametrize(
    ("url", "is_ours"),
    [
        ("ws://127.0.0.1:8000/", True),
        ("ws://127.1.2.3/", True),
        ("ws://[::1]:8000/", True),
        ("ws://localhost/", True),
        ("ws://tutor.localhost/", True),
        ("ws://localhost.example.edu/", False),
        ("ws://notlocalhost/", False),
        ("ws://0.0.0.0/", False),
        ("ws://10.0.0.1/", False),
        ("ws://127.0.0.1.example.edu/", False),
        ("ws://localhost./", False),
        ("ws://x.localhost./", False),
        ("ws://localhost.localdomain/", False),
        ("ws://xlocalhost/", False),
        ("ws://\uff4cocalhost/", False),
        ("ws://127\uff0e0\uff0e0\uff0e1/", False),
        ("ws://2130706433/", False),
        ("ws://0x7f.1/", False),
        ("ws://127.1/", False),
        ("ws://[::]/", False),
        ("ws://[::ffff:10.0.0.1]/", False),
    ],
)
def test_loopback(url: str, is_ours: bool) -> None:
    """A token goes there unprotected; a name that merely looks so is another machine."""
    if is_ours:
        assert asyncio.run(Remote(url, "hunter2").locate())[1] == "hunter2"
    else:
        with pytest.raises(Refused, match="unprotected"):
            Remote(url, "hunter2")


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://Tutor.Example.org", "wss://tutor.example.org/"),
        ("HTTP://127.0.0.1:8000/chat", "ws://127.0.0.1:8000/chat"),
        ("  wss://example.org/a?course=b  ", "wss://example.org/a?course=b"),
        ("wss://example.org/a#here", "wss://example.org/a"),
        ("ws://[::1]:8000/", "ws://[::1]:8000/"),
    ],
)
def test_an_address_in_its_one_form(url: str, found: str) -> None:
    """Files are named by it, so every spelling leads to one; a course in its query stays."""
    assert parse(url) == found


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ws://",
        "ws://exa mple.org/",
        "ws://example.org/a b",
        "ws://é..b/",
        "ws://a..b/",
        "ws://a%2eb/",
        "ws://a\\.b/",
        "ws://a\x00b/",
        "ws://a/\x00",
        "ws://[::1",
        "ws://[a:b:c]/",
        "ws://" + "a" * 64 + ".example/",
        "ws://example.org:65536/",
        "ws://example.org:\u0664\u0664\u0663/",
    ],
)
def test_what_names_no_computer_is_refused(url: str) -> None:
    """Before anything is dialled."""
    with pytest.raises(InvalidURL):
        parse(url)


@pytest.mark.parametrize(
    "url",
    [
        "wss://learner:hunter2@example.org/",
        "wss://hunter2@example.org/",
        "wss://learner:hunter2/@example.org/",
        "wss://learner:hunter2#@example.org/",
        "wss://example.org:hunter2/",
        "wss://[hunter2]/",
        "wss://[hunter2/",
        "wss://hunter2\u2100example.org/",
        "wss://hunter2..example.org/",
        "hunter2:x",
        "hunter2",
    ],
)
def test_an_address_is_refused_without_quoting_it(url: str) -> None:
    """A password in it would stand in the notebook: neither the error nor what caused it has it."""
    with pytest.raises(InvalidURL) as raised:
        Remote(url)
    shown = "".join(traceback.format_exception(raised.value, chain=True))
    assert "hunter2" not in str(raised.value)
    assert raised.value.__context__ is None
    assert "hunter2" not in shown.replace(f'"{url}"', "")


def test_people_are_shown_the_host_alone() -> None:
    """A path or a query may hold what is no business of the badge's."""
    assert Remote("wss://example.org:8443/secret/path?key=1").label == "example.org:8443"


@pytest.mark.parametrize("token", ["two words", "line\nbreak", "ünicode", "nul\0", ""])
def test_what_can_be_no_token_is_refused_and_not_shown(token: str) -> None:
    """A string at once, an answer of a function when it is asked; a header cannot be smuggled."""
    with pytest.raises(Refused, match="no token can have") as raised:
        Remote("wss://example.org/", token)
    assert not token or token not in str(raised.value)
    with pytest.raises(Refused) as raised:
        asyncio.run(Remote("wss://example.org/", lambda: token).locate())
    assert not token or token not in str(raised.value)


async def test_a_function_is_asked_once_until_its_token_is_refused() -> None:
    """Signing in may cost the learner a click: not at each dial of an outage."""
    asked: list[None] = []

    def source() -> str:
        asked.append(None)
        return f"token{len(asked)}"

    remote = Remote("wss://example.org/", source)
    assert [(await remote.locate())[1] for _ in range(3)] == ["token1"] * 3
    assert await remote.renew(Secret("token1")) == "new"
    assert (await remote.locate())[1] == "token2"


async def test_a_function_may_have_no_token() -> None:
    """Then none is sent, and a refusal has nothing to renew."""
    remote = Remote("wss://example.org/", lambda: None)
    assert (await remote.locate())[1] is None
    assert await remote.renew(None) == "none"


async def test_a_token_of_the_environment_is_read_at_each_renewal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An operator who changes it need not restart the kernel."""
    monkeypatch.setenv("TUTOR_CHAT_URL", HUB)
    monkeypatch.setenv("TUTOR_CHAT_TOKEN", "old")
    remote = Remote(HUB)
    assert (await remote.locate())[1] == "old"
    assert await remote.renew(Secret("old")) == "none"
    monkeypatch.setenv("TUTOR_CHAT_TOKEN", "new")
    assert await remote.renew(Secret("old")) == "new"
    assert (await remote.locate())[1] == "new"
    monkeypatch.delenv("TUTOR_CHAT_TOKEN")
    assert await remote.renew(Secret("new")) == "none"
