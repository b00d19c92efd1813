"""Faults of the accounts of a JupyterHub."""

from __future__ import annotations

from typing import Final

from simulator.mutations.mutation import Mutation

_TESTS: Final = "tests/server/auth/test_hub.py::test_"

MUTATIONS: Final = (
    Mutation(
        "tutor_widget/server/auth/hub/judge.py",
        "if not meet(required, frozenset(user.scopes)):",
        "if not required:",
        "any token of the hub opens the tutor",
        f"{_TESTS}what_the_hub_may_answer",
    ),
    Mutation(
        "tutor_widget/server/auth/hub/judge.py",
        'if user.kind != "user":',
        'if user.kind == "":',
        "a service of the hub is a learner of its name",
        f"{_TESTS}what_the_hub_may_answer",
    ),
    Mutation(
        "tutor_widget/server/auth/hub/judge.py",
        "yield from (scope, base)",
        'yield from (scope, base, f"{base}!{limit}s")',
        "a scope for another service lets a token in",
        "tests/server/auth/test_hub_scopes.py::test_scopes_that_meet",
    ),
    Mutation(
        "tutor_widget/server/auth/hub/cache.py",
        "        self._known.pop(token, None)\n",
        "",
        "a token that was revoked is good while the hub does not answer",
        f"{_TESTS}a_token_that_was_refused_is_not_kept",
    ),
    Mutation(
        "tutor_widget/server/auth/hub/cache.py",
        "self._known[token] = replace(known, fresh_until=until)",
        "self._known[token] = replace(known, said_at=now, fresh_until=until)",
        "a known token is good for as long as the hub is away",
        f"{_TESTS}a_known_token_is_good_for_ten_minutes_without_the_hub",
    ),
    Mutation(
        "tutor_widget/server/auth/hub/authenticator.py",
        "await asyncio.wait({flight})",
        "await asyncio.gather(flight)",
        "a client that leaves takes the hub's answer from all others",
        f"{_TESTS}the_hub_is_asked_once_for_a_token_at_a_time",
    ),
    Mutation(
        "tutor_widget/server/auth/hub/api.py",
        "            raise NoAnswer(type(error).__name__) from None",
        "            return 403, str(error).encode()",
        "a hub that is down turns its learners away for good",
        f"{_TESTS}a_known_token_is_good_for_ten_minutes_without_the_hub",
    ),
    Mutation(
        "small_hub/jupyterhub_config.py",
        'authenticator_class = "shared-password"',
        'authenticator_class = "dummy"',
        "whoever reaches the port of `dev.py hub` runs code as its user",
        "tests/server/auth/test_real_hub.py::test_nobody_signs_in_to_the_small_hub_without_its_password",
    ),
    Mutation(
        "small_hub/two_learners.py",
        "folder.chmod(0o700)",
        "pass",
        "other users of the machine read what learners of `dev.py hub` write",
        "tests/project/test_two_learners.py::test_a_port_that_is_taken_ends_the_start",
    ),
)
