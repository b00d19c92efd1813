"""The widgets that a notebook file holds."""

from __future__ import annotations

from typing import Any

__all__ = ["chats", "states"]

STATE = "application/vnd.jupyter.widget-state+json"


def states(content: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The states of the widgets in a notebook's content, by model."""
    found: dict[str, dict[str, Any]] = (
        content["metadata"].get("widgets", {}).get(STATE, {}).get("state", {})
    )
    return found


def chats(content: dict[str, Any]) -> list[dict[str, Any]]:
    """Those of chats, by whoever they were stored."""
    every = [model["state"] for model in states(content).values()]
    return [state for state in every if "saved_conversation" in state or "history" in state]
