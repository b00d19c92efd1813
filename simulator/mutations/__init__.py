"""The faults of `mutants`, by side: where, which text, what instead, and what that does."""

from __future__ import annotations

from typing import Final

from simulator.mutations import (
    accounts,
    answers,
    client,
    courses,
    dashboard,
    deployment,
    guard,
    hub,
    kernel,
    lessons,
    nodes,
    operators,
    page,
    peers,
    postgres,
    replies,
    requests,
    server,
    session,
    store,
    teachers,
    terminal,
    view,
    voice,
)
from simulator.mutations.mutation import NODES, SIMULATOR, Mutation

__all__ = ["MUTATIONS", "NODES", "SIMULATOR", "Mutation"]

MUTATIONS: Final = (
    session.MUTATIONS
    + requests.MUTATIONS
    + client.MUTATIONS
    + kernel.MUTATIONS
    + terminal.MUTATIONS
    + server.MUTATIONS
    + replies.MUTATIONS
    + lessons.MUTATIONS
    + courses.MUTATIONS
    + voice.MUTATIONS
    + teachers.MUTATIONS
    + guard.MUTATIONS
    + accounts.MUTATIONS
    + hub.MUTATIONS
    + answers.MUTATIONS
    + store.MUTATIONS
    + postgres.MUTATIONS
    + nodes.MUTATIONS
    + operators.MUTATIONS
    + peers.MUTATIONS
    + page.MUTATIONS
    + view.MUTATIONS
    + deployment.MUTATIONS
    + dashboard.MUTATIONS
)
