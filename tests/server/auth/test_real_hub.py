"""The tutor as a service of a real JupyterHub, behind the hub's own proxy."""

from __future__ import annotations

import asyncio
import re
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus

from tests.support.accounts import said, wait_for_said
from tests.support.chats import WITHIN, after_the_end
from tests.support.children import until
from tests.support.hub import RunningHub
from tests.support.paths import ROOT
from tests.support.servers.peers import SESSION, peer
from tutor_widget import TutorChat
from tutor_widget.server import open_store

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.usefixtures("own_home"),
]
Make = Callable[..., TutorChat]


async def refusal(url: str, token: str) -> tuple[int, str | None]:
    """The status with which a handshake is refused, and its Retry-After."""
    with pytest.raises(InvalidStatus) as raised:
        async with peer(url, token):
            pass
    response = raised.value.response
    return response.status_code, response.headers.get("Retry-After")


async def welcomed(url: str, token: str, session: str = SESSION) -> str:
    """The pseudonym of the account as which a client is welcomed."""
    async with peer(url, token) as client:
        account: str = (await client.hello(session))["account"]
        return account


async def groups_of(database: Path, account: str) -> list[frozenset[str]]:
    """The groups with each session of the account, as the store lists them."""
    store = await open_store(database)
    try:
        return [listed.groups async for listed in store.list_sessions(account)]
    finally:
        await store.close()


def test_learners_of_a_hub_chat_through_its_proxy(hub: RunningHub, chat_with: Make) -> None:
    """Each in a session of their own under the same id, which the store lists with their groups. A
    token without the scope is refused, and so is one that the hub does not know; both with advice.
    """
    ada, bob = hub.learner("7b", "staff"), hub.learner()
    url = hub.small.chat_url
    chats = {name: chat_with(url, session="algebra", token=hub.token(name)) for name in (ada, bob)}
    for name, chat in chats.items():
        chat.ask_blocking(f"I am {name}", WITHIN)
    for name, chat in chats.items():
        wait_for_said(chat, f"I am {name}")
    assert asyncio.run(groups_of(hub.tutor.database, ada)) == [frozenset({"7b", "staff"})]
    assert asyncio.run(groups_of(hub.tutor.database, bob)) == [frozenset()]
    assert "learner" not in hub.tutor.log.read_text()
    refused = ((hub.small.mint(ada)[0], "not_let_in", 403), ("nonsense", "sign_in", 401))
    for token, code, status in (*refused, (hub.small.key, "not_let_in", 403)):
        connection = after_the_end(chat_with(url, session="algebra", token=token))
        assert (connection["code"], bool(connection["advice"])) == (code, True)
        assert asyncio.run(refusal(url, token)) == (status, None)


@pytest.mark.slow
def test_twenty_reconnects_ask_the_hub_twice_at_most(hub: RunningHub) -> None:
    """By the hub's own log. The prefix is not stripped, and the proxy's host name is not ours."""
    ada = hub.learner()
    token = hub.token(ada)

    async def reconnect() -> set[str]:
        return {await welcomed(hub.small.chat_url, token) for _ in range(20)}

    assert len(asyncio.run(reconnect())) == 1
    assert 1 <= hub.checks(ada) <= 2


@pytest.mark.slow
@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_restart_of_the_hub_is_not_noticed(hub: RunningHub, chat_with: Make, end: str) -> None:
    """The conversation goes on while the hub is down, and after it: no reconnect, no word lost."""
    chat = chat_with(hub.small.chat_url, session="s", token=hub.token(hub.learner()))
    seen: list[str] = []
    chat.observe(lambda change: seen.append(change["new"]), "status")
    chat.ask_blocking("before", WITHIN)
    getattr(hub.hub, end)()
    chat.ask_blocking("meanwhile", WITHIN)
    hub.hub.start()
    chat.ask_blocking("after", WITHIN)
    assert said(chat) == ["before", "meanwhile", "after"]
    assert set(seen) <= {"connecting", "connected"}
    assert seen.count("connected") == 1


@pytest.mark.slow
def test_without_the_hub_known_tokens_go_on(hub: RunningHub, chat_with: Make) -> None:
    """A learner reconnects; one who is new gets 503 with Retry-After, and in when the hub is up."""
    ada, new = hub.token(hub.learner()), hub.token(hub.learner())
    url = hub.small.chat_url
    account = asyncio.run(welcomed(url, ada))
    hub.hub.kill()
    assert asyncio.run(welcomed(url, ada)) == account
    assert asyncio.run(refusal(url, new)) == (503, "5")
    chat = chat_with(url, session="s", token=new)
    assert after_the_end(chat)["code"] == "not_ready"
    hub.hub.start()
    chat.ask_blocking("hello", WITHIN)


@pytest.mark.slow
def test_a_revoked_token_is_out_after_a_minute(hub: RunningHub) -> None:
    """Until then the server does not ask again."""
    ada = hub.learner()
    token, token_id = hub.small.mint(ada, "access:services!service=tutor")
    url = hub.small.chat_url
    asyncio.run(welcomed(url, token))
    hub.small.revoke(ada, token_id)
    until(lambda: is_refused(url, token))
    assert hub.checks(ada) == 1


def is_refused(url: str, token: str) -> bool:
    try:
        asyncio.run(welcomed(url, token))
    except InvalidStatus as error:
        return error.response.status_code == 401
    return False


@pytest.mark.slow
def test_a_spawned_server_has_a_token_of_the_tutor_alone(hub: RunningHub) -> None:
    """By the hook of docs/jupyterhub_config.py; another start replaces the token."""
    ada = hub.learner()
    for _ in range(2):
        hub.small.start_server(ada)
        tokens = hub.small.api("GET", f"users/{ada}/tokens")["api_tokens"]
        (minted,) = [one for one in tokens if one["note"].startswith("tutor")]
        assert [scope for scope in minted["scopes"] if "read:users" not in scope] == [
            "access:services!service=tutor"
        ]
        hub.small.api("DELETE", f"users/{ada}/server")
        until(lambda: hub.small.api("GET", f"users/{ada}")["server"] is None)


def test_the_documented_configuration_is_the_one_that_runs_here() -> None:
    """docs/operating.md shows docs/jupyterhub_config.py, and names what the tutor is told."""
    page = (ROOT / "docs" / "operating.md").read_text("utf-8")
    section = page.partition("## Behind JupyterHub\n")[2].partition("\n## ")[0]
    (shown,) = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    assert shown == (ROOT / "docs" / "jupyterhub_config.py").read_text("utf-8")


def test_the_hubs_folder_is_private(hub: RunningHub) -> None:
    """It holds tokens: it works in one that nobody else may open."""
    assert stat.S_IMODE(hub.small.home.stat().st_mode) == 0o700
