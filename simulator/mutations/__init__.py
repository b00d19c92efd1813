"""The faults of `mutants`, by side: where, which text, what instead, and what that does."""

from __future__ import annotations

from typing import Final

from simulator.mutations import client, kernel, page, requests, server, session, store
from simulator.mutations.mutation import SIMULATOR, Mutation

__all__ = ["MUTATIONS", "SIMULATOR", "Mutation"]

MUTATIONS: Final = (
    session.MUTATIONS
    + requests.MUTATIONS
    + client.MUTATIONS
    + kernel.MUTATIONS
    + server.MUTATIONS
    + store.MUTATIONS
    + page.MUTATIONS
)
