"""Where a token may go: the operator's address, the hub's services, along a redirect."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.growth import cost
from tutor_widget import Refused
from tutor_widget.client.net.audience import is_below, redirected
from tutor_widget.client.net.endpoint import Remote

HUB = "wss://hub.example.edu/services/tutor/"
CHAT = "wss://tutor.example.edu/chat/"
PLAIN = "ws://tutor.example.edu/chat/"
LOOPBACK = "ws://127.0.0.1:8000/chat/"


def sent(url: str) -> str | None:
    """The token that goes to this address."""
    token = asyncio.run(Remote(url).locate())[1]
    return None if token is None else token.reveal()


@pytest.mark.parametrize(
    ("hub", "url", "goes"),
    [
        ("http://hub.example.edu/hub/api", "ws://hub.example.edu/services/tutor/", False),
        ("https://hub.example.edu/hub/api", "ws://hub.example.edu/services/tutor/", False),
        ("https://hub.example.edu/hub/api", HUB, True),
        ("https://hub.example.edu/hub/api", "wss://hub.example.edu:443/services/tutor/", True),
        ("http://hub.example.edu:8081/hub/api", HUB, True),
        ("https://hub.example.edu/hub/api", "wss://hub.example.edu/user/mallory/", False),
        ("https://hub.example.edu/hub/api", "wss://hub.example.edu/servicesx/tutor/", False),
        ("https://hub.example.edu/hub/api", "wss://hub.example.edu.evil.example/services/", False),
        ("https://hub.example.edu/hub/api", "wss://example.edu/services/tutor/", False),
        ("http://127.0.0.1:8081/hub/api", "ws://127.0.0.1:8081/services/tutor/", True),
        # Another user of this machine may listen there.
        ("http://127.0.0.1:8081/hub/api", "ws://127.0.0.1:6666/services/tutor/", False),
    ],
)
def test_the_hubs_token_goes_to_its_services_alone(
    monkeypatch: pytest.MonkeyPatch, hub: str, url: str, goes: bool
) -> None:
    """On the hub's own host, below ``/services/``, and never over a plain connection."""
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


OWN = {"TUTOR_CHAT_TOKEN": "own"}
HUBS = {"JUPYTERHUB_API_TOKEN": "hubs"}
ASKED = {"TUTOR_CHAT_HUB_TOKEN": "1"}
PUBLIC = {"JUPYTERHUB_PUBLIC_URL": "https://hub.example.edu/user/alice/"}
PUBLIC_HUB = {"JUPYTERHUB_PUBLIC_HUB_URL": "https://hub.example.edu/hub/"}
API = {"JUPYTERHUB_API_URL": "http://hub.example.edu:8081/hub/api"}


def at(url: str) -> dict[str, str]:
    """The operator's address."""
    return {"TUTOR_CHAT_URL": url}


@pytest.mark.parametrize(
    ("environment", "url", "token"),
    [
        # The tutor's own: the operator's address and below.
        (OWN, CHAT, None),
        (OWN | at(CHAT), CHAT, "own"),
        (OWN | at(CHAT), CHAT + "algebra", "own"),
        (OWN | at(CHAT), "wss://tutor.example.edu/", None),
        (OWN | at(CHAT) | PUBLIC, HUB, None),
        (OWN | at(CHAT), CHAT + "../user/mallory/", None),
        (OWN | at(CHAT), CHAT + "%252e%252e/user/mallory/", None),
        (OWN | at(CHAT), CHAT + ";/x", None),
        (OWN | at(CHAT + ";v=1"), CHAT + ";v=1", None),
        # The hub's: its services.
        (HUBS, HUB, None),
        (HUBS | PUBLIC, HUB, "hubs"),
        (HUBS | PUBLIC_HUB, HUB, "hubs"),
        (HUBS | API, HUB, "hubs"),
        # Half a character, as in bytes of the environment that are no text.
        (OWN | at(CHAT + "\udcff"), CHAT + "\udcff", None),
        (OWN | at(CHAT), CHAT + "\ud83d", None),
        (HUBS | API, HUB + "\udcff", None),
        (HUBS | API, "wss://hub.example.edu/services", None),
        (HUBS | API, "wss://hub.example.edu/services/", None),
        (HUBS | API, "wss://hub.example.edu/services//", None),
        (HUBS | API, "wss://hub.example.edu/services/tutor", "hubs"),
        (HUBS | PUBLIC, "wss://hub.example.edu/user/mallory/", None),
        # Other ports, where the hub's own is known; other spellings of its name.
        (HUBS | PUBLIC, "wss://hub.example.edu:6666/services/tutor/", None),
        (HUBS | PUBLIC | API, "wss://hub.example.edu:6666/services/tutor/", None),
        (HUBS | PUBLIC | API, HUB, "hubs"),
        (HUBS | API, "wss://hub.example.edu:8443/services/tutor/", "hubs"),
        (HUBS | PUBLIC, "wss://hub.example.edu./services/tutor/", None),
        (HUBS | PUBLIC, "wss://hub\uff0eexample\uff0eedu/services/tutor/", "hubs"),
        (HUBS | PUBLIC, "wss://services.hub.example.edu/services/tutor/", None),
        (HUBS | PUBLIC, "wss://hub.example.edu/services/..;/user/mallory/", None),
        (HUBS | PUBLIC, "wss://hub.example.edu/services/%252e%252e/user/mallory/", None),
        (HUBS | PUBLIC, "wss://hub.example.edu/services/\uff0e\uff0e/user/mallory/", None),
        (HUBS | PUBLIC | {"JUPYTERHUB_BASE_URL": "/a/../"}, HUB, None),
        (HUBS | PUBLIC | {"JUPYTERHUB_BASE_URL": "no path"}, HUB, None),
        (HUBS | PUBLIC | {"JUPYTERHUB_BASE_URL": ""}, HUB, "hubs"),
        (HUBS | {"JUPYTERHUB_PUBLIC_URL": "https://a:b@hub.example.edu/"}, HUB, None),
        (HUBS | PUBLIC, "ws://127.0.0.1:8000/services/tutor/", None),
        (
            HUBS | {"JUPYTERHUB_API_URL": "http://localhost:8081/"},
            "ws://x.localhost/services/t/",
            None,
        ),
        (HUBS | PUBLIC, "wss://hub.example.edu/user/mallory/services/", None),
        (HUBS | PUBLIC, "wss://hub.example.edu/services/%2e%2e/user/mallory/", None),
        (HUBS | PUBLIC, "wss://hub.example.edu/services%2f..%2fuser/mallory/", None),
        (HUBS | PUBLIC, "wss://hub.example.edu/services;/tutor/", None),
        (HUBS | {"JUPYTERHUB_HOST": "https://hub.example.edu"}, HUB, None),
        (HUBS | {"JUPYTERHUB_API_URL": "no address"}, HUB, None),
        # The hub's at the operator's address: where the operator says so.
        (HUBS | at(CHAT), CHAT, None),
        (HUBS | ASKED, CHAT, None),
        (HUBS | ASKED | at(CHAT), CHAT, "hubs"),
        (HUBS | ASKED | at(CHAT), CHAT + "algebra", "hubs"),
        (HUBS | ASKED | at(CHAT), "wss://tutor.example.edu/", None),
        (HUBS | {"TUTOR_CHAT_HUB_TOKEN": "0"} | at(CHAT), CHAT, None),
        (HUBS | {"TUTOR_CHAT_HUB_TOKEN": "true"} | at(CHAT), CHAT, None),
        # Both.
        (OWN | HUBS | ASKED | at(CHAT), CHAT, "own"),
        (OWN | HUBS | PUBLIC | at(CHAT), HUB, "hubs"),
        (OWN | HUBS | PUBLIC | at(HUB), HUB, "own"),
        # Where others on the way can read it: the tutor's own alone.
        (OWN | at(PLAIN), PLAIN, "own"),
        (OWN | at(CHAT), PLAIN, None),
        (HUBS | ASKED | at(PLAIN), PLAIN, None),
        (HUBS | API, "ws://hub.example.edu/services/tutor/", None),
        (HUBS | API | at("ws://hub.example.edu/services/"), "ws://hub.example.edu/services/", None),
        (HUBS | ASKED | at(LOOPBACK), LOOPBACK, "hubs"),
        (OWN | at(LOOPBACK), LOOPBACK, "own"),
        ({"TUTOR_CHAT_TOKEN": ""} | at(CHAT), CHAT, None),
    ],
)
def test_which_token_of_the_environment_goes_where(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], url: str, token: str | None
) -> None:
    """Each goes to its audience and nowhere else."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert sent(url) == token


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
        ("wss://a/x/%252e%252e/y", "wss://a/x/", False),
        ("wss://a/x/.%2E/y", "wss://a/x/", False),
        ("wss://a/x/./y", "wss://a/x/", False),
        ("wss://a/x/v1%2e0/", "wss://a/x/", False),
        ("wss://a/x/v1.0/", "wss://a/x/", True),
        ("wss://a/x%2Fy", "wss://a/", False),
        ("wss://a/x%25252fy", "wss://a/", False),
        ("wss://a/x/y%5cz", "wss://a/x/", False),
        ("wss://a/x/..\\..\\z", "wss://a/x/", False),
        ("wss://a/x/;y", "wss://a/x/", False),
        ("wss://a/x/%3b/y", "wss://a/x/", False),
        ("wss://a/x/%253by", "wss://a/x/", False),
        ("wss://a/x/y", "wss://a/x;v=1/", False),
        ("wss://a/%78/y", "wss://a/x/", True),
        ("wss://a/%2578/y", "wss://a/x/", True),
        ("wss://a/x/y", "wss://a/%78/", True),
        ("wss://a/%C3%A9/y", "wss://a/é/", True),
        ("wss://a/%fe/y", "wss://a/%ff/", False),
        ("wss://a/x/%" + "25" * 9 + "41", "wss://a/x/", False),
        ("wss://a:0/x/", "wss://a/x/", False),
        # Names that some systems cut: dots and spaces at the end, a NUL, a tab.
        ("wss://a/x/.../y", "wss://a/x/", False),
        ("wss://a/x/..%20/y", "wss://a/x/", False),
        ("wss://a/x/.%20./y", "wss://a/x/", False),
        ("wss://a/x/..%00/y", "wss://a/x/", False),
        ("wss://a/x/..%09/y", "wss://a/x/", False),
        ("wss://a/x/..%2500/y", "wss://a/x/", False),
        ("wss://a/x/%0d%0aX:y", "wss://a/x/", False),
        # Other ways to write a dot or a slash.
        ("wss://a/x/%u002e%u002e/y", "wss://a/x/", False),
        ("wss://a/x/%25u002e%25u002e/y", "wss://a/x/", False),
        ("wss://a/x/%c0%ae%c0%ae/y", "wss://a/x/", False),
        ("wss://a/x/%e0%80%ae%e0%80%ae/y", "wss://a/x/", False),
        ("wss://a/x/\uff0e\uff0e/y", "wss://a/x/", False),
        ("wss://a/x/%ef%bc%8e%ef%bc%8e/y", "wss://a/x/", False),
        ("wss://a/x/%25ef%25bc%258e/y", "wss://a/x/", False),
        ("wss://a/x/\u2025/y", "wss://a/x/", False),
        ("wss://a/x/\u2024\u2024/y", "wss://a/x/", False),
        ("wss://a/x/..\uff0fy", "wss://a/x/", False),
        ("wss://a/x/..\u2215y", "wss://a/x/", False),
        ("wss://a/x/..\uff3cy", "wss://a/x/", False),
        ("wss://a/x/\uff1by", "wss://a/x/", False),
        ("wss://a/x/\u037ey", "wss://a/x/", False),
        ("wss://a/x/\uff052e/y", "wss://a/x/", False),
        ("wss://a/x/%3f/../y", "wss://a/x/", False),
        ("wss://a/x/%23y", "wss://a/x/", False),
        ("wss://a/x/y.z/...w/a b", "wss://a/x/", True),
        ("wss://a/x/100%25/y", "wss://a/x/", True),
        ("wss://a/x/\u5b66", "wss://a/x/", True),
        ("wss://a/x/\u00e9/y", "wss://a/x/e\u0301/", False),
        # Hosts, as they are looked up.
        ("wss://xn--tutr-7qa.example/x/", "wss://tut\u00f6r.example/x/", True),
        ("wss://a.example./x/", "wss://a.example/x/", False),
        ("wss://a\uff0eexample/x/", "wss://a.example/x/", True),
        ("wss://\u0430.example/x/", "wss://a.example/x/", False),
        ("wss://[::1]/x/", "wss://[0:0::1]/x/", True),
        ("wss://[::1%25eth0]/x/", "wss://[::1]/x/", False),
    ],
)
def test_a_path_below_another(url: str, base: str, is_it: bool) -> None:
    """By whole names, decoded, on one origin. What proxies read in different ways is not below."""
    assert is_below(url, base) is is_it


def test_a_long_path_is_compared_in_linear_time() -> None:
    """A redirect's path is another's text, and may be encoded thousands of times."""

    def seconds(times: int) -> float:
        url = "wss://a/x/%" + "25" * times + "41"
        assert not is_below(url, "wss://a/x/")
        return cost(lambda: is_below(url, "wss://a/x/"), repeats=3)

    assert seconds(500_000) <= 8 * seconds(125_000)


@pytest.mark.parametrize(
    ("location", "leads"),
    [
        ("/chat/algebra/", CHAT + "algebra/"),
        ("algebra", CHAT + "algebra"),
        ("https://tutor.example.edu/chat/?course=1", CHAT + "?course=1"),
        ("wss://tutor.example.edu:443/chat/x", "wss://tutor.example.edu:443/chat/x"),
        ("/chatter/", None),
        ("..", None),
        ("http://tutor.example.edu/chat/", None),
        ("https://tutor.example.edu:8443/chat/", None),
        ("https://evil.example/chat/", None),
        ("//evil.example/chat/", None),
        ("/chat/%2e%2e/user/mallory/", None),
        ("/chat/%252e%252e/user/mallory/", None),
        ("/chat/x;/../../user/mallory/", None),
        ("/chat/;jsessionid=1", None),
        ("/chat/..%5cuser/", None),
        ("http://[", None),
        ("https://learner:word@tutor.example.edu/chat/", None),
        ("https://tutor.example.edu@evil.example/chat/", None),
        ("https://tutor.example.edu\\@evil.example/chat/", None),
        ("https://evil.example\\.tutor.example.edu/chat/", None),
        ("https://tutor.example.edu%2eevil.example/chat/", None),
        ("https://tutor.example.edu./chat/", None),
        ("https://tutor.example.edu:0443/chat/", "wss://tutor.example.edu:443/chat/"),
        ("/\\evil.example/chat/", None),
        ("\\\\evil.example/chat/", None),
        ("///evil.example/chat/", None),
        ("https:/evil.example/chat/", None),
        ("https:evil.example", None),
        ("/chat/..;/user/mallory/", None),
        ("/chat/\uff0e\uff0e/user/mallory/", None),
        ("/chat/x/../../user/mallory/", None),
        ("javascript:alert(1)", None),
        ("/chat/\x00", None),
    ],
)
def test_where_a_redirect_may_lead(location: str, leads: str | None) -> None:
    """Down the same path on the same origin."""
    assert redirected(CHAT, location) == leads
