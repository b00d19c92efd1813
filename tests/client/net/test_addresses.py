"""Where a token may go: which addresses are this machine, the operator's, the hub's."""

from __future__ import annotations

import asyncio

import pytest

from tutor_widget import InvalidURL, Refused
from tutor_widget.client.net.endpoint import Remote, is_below, parse

HUB = "wss://hub.example.edu/services/tutor/"


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that says nothing."""
    for name in (
        "TUTOR_CHAT_URL",
        "TUTOR_CHAT_TOKEN",
        "TUTOR_CHAT_HUB_TOKEN",
        "JUPYTERHUB_API_TOKEN",
        "JUPYTERHUB_API_URL",
        "JUPYTERHUB_BASE_URL",
        "JUPYTERHUB_HOST",
        "JUPYTERHUB_PUBLIC_HUB_URL",
        "JUPYTERHUB_PUBLIC_URL",
    ):
        monkeypatch.delenv(name, raising=False)


def sent(url: str) -> str | None:
    """The token that goes to this address."""
    return asyncio.run(Remote(url).locate())[1]


@pytest.mark.parametrize(
    ("hub", "url", "goes"),
    [
        ("http://hub.example.edu/hub/api", "ws://hub.example.edu/services/tutor/", False),
        ("https://hub.example.edu/hub/api", "ws://hub.example.edu/services/tutor/", False),
        ("https://hub.example.edu/hub/api", HUB, True),
        ("https://hub.example.edu/hub/api", "wss://hub.example.edu:443/services/tutor/", True),
        ("https://hub.example.edu/hub/api", "wss://hub.example.edu/user/mallory/", False),
        ("https://hub.example.edu/hub/api", "wss://hub.example.edu/servicesx/tutor/", False),
        ("https://hub.example.edu/hub/api", "wss://hub.example.edu.evil.example/services/", False),
        ("https://hub.example.edu/hub/api", "wss://example.edu/services/tutor/", False),
        ("http://127.0.0.1:8081/hub/api", "ws://127.0.0.1:8081/services/tutor/", True),
    ],
)
def test_the_hubs_token_goes_to_its_services_alone(
    monkeypatch: pytest.MonkeyPatch, hub: str, url: str, goes: bool
) -> None:
    """On the hub's own host and port, below ``/services/``, and never over a plain connection."""
    monkeypatch.setenv("JUPYTERHUB_API_URL", hub)
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "hunter2")
    assert sent(url) == ("hunter2" if goes else None)


def test_the_hubs_services_lie_below_its_base(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hub that is not at the root of its host has its services there, and others have theirs."""
    monkeypatch.setenv("JUPYTERHUB_PUBLIC_HUB_URL", "https://example.edu/jupyter/hub/")
    monkeypatch.setenv("JUPYTERHUB_BASE_URL", "/jupyter/")
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "hunter2")
    assert sent("wss://example.edu/jupyter/services/tutor/") == "hunter2"
    assert sent("wss://example.edu/services/tutor/") is None


def test_the_tutors_own_token_goes_to_the_operators_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And below it; it goes before the hub's, and nowhere else."""
    monkeypatch.setenv("TUTOR_CHAT_URL", "https://tutor.example.edu/chat/")
    monkeypatch.setenv("TUTOR_CHAT_TOKEN", "minted")
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "hunter2")
    for url, token in {
        "wss://tutor.example.edu/chat/": "minted",
        "wss://tutor.example.edu/chat": "minted",
        "https://tutor.example.edu/chat/algebra?term=1": "minted",
        "wss://tutor.example.edu/chatter/": None,
        "wss://tutor.example.edu/": None,
        "wss://tutor.example.edu:8443/chat/": None,
        "ws://tutor.example.edu/chat/": None,
    }.items():
        assert sent(url) == token, url


def test_a_plain_address_gets_a_token_only_if_the_operator_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A learner cannot; one who set the address for all learners knows their network."""
    url = "ws://tutor.example.edu/"
    with pytest.raises(Refused, match="unprotected"):
        Remote(url, "hunter2")
    with pytest.raises(Refused, match="unprotected"):
        Remote(url, lambda: "hunter2")
    monkeypatch.setenv("TUTOR_CHAT_URL", url)
    assert asyncio.run(Remote(url, "hunter2").locate())[1] == "hunter2"


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
    ("url", "base", "is_it"),
    [
        ("wss://a/x/y", "wss://a/x", True),
        ("wss://a/x", "wss://a/x/", True),
        ("wss://a/xy", "wss://a/x", False),
        ("wss://a/", "wss://a/x", False),
        ("wss://a:443/x/", "wss://a/x/", True),
        ("ws://a:80/x/", "ws://a/x/", True),
        ("ws://a/x/", "wss://a/x/", False),
        ("wss://a:8443/x/", "wss://a/x/", False),
        ("wss://b/x/", "wss://a/x/", False),
        ("wss://a/x/../y", "wss://a/x/", False),
        ("wss://a/x/%2e%2e/y", "wss://a/x/", False),
    ],
)
def test_a_path_below_another(url: str, base: str, is_it: bool) -> None:
    """By whole names of folders, on one origin, whose default port may be named."""
    assert is_below(url, base) is is_it


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
    "url", ["", "ws://", "ws://exa mple.org/", "ws://example.org/a b", "ws://é..b/"]
)
def test_what_names_no_computer_is_refused(url: str) -> None:
    """Before anything is dialled."""
    with pytest.raises(InvalidURL):
        parse(url)


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
    assert await remote.renew() == "new"
    assert (await remote.locate())[1] == "token2"


async def test_a_function_may_have_no_token() -> None:
    """Then none is sent, and a refusal has nothing to renew."""
    remote = Remote("wss://example.org/", lambda: None)
    assert (await remote.locate())[1] is None
    assert await remote.renew() == "none"


async def test_a_token_of_the_environment_is_read_at_each_renewal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An operator who changes it need not restart the kernel."""
    monkeypatch.setenv("TUTOR_CHAT_URL", HUB)
    monkeypatch.setenv("TUTOR_CHAT_TOKEN", "old")
    remote = Remote(HUB)
    assert (await remote.locate())[1] == "old"
    assert await remote.renew() == "none"
    monkeypatch.setenv("TUTOR_CHAT_TOKEN", "new")
    assert await remote.renew() == "new"
    assert (await remote.locate())[1] == "new"
    monkeypatch.delenv("TUTOR_CHAT_TOKEN")
    assert await remote.renew() == "none"
