"""Fixtures of the tests of connections."""

from __future__ import annotations

import pytest


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
