"""Faults of accounts: who may connect, and how much they may do."""

from __future__ import annotations

from typing import Final

from simulator.mutations.mutation import Mutation

JWT: Final = "tutor_widget/server/auth/jwt/authenticator.py"
JWKS: Final = "tutor_widget/server/auth/jwt/jwks.py"
REQUIRED: Final = 'options={"require": ["aud", "exp", "sub"]},'
JWT_TESTS: Final = "tests/server/auth/jwt/test_tokens.py"
JWKS_TESTS: Final = "tests/server/auth/jwt/test_jwks.py"

MUTATIONS: Final = (
    Mutation(
        "tutor_widget/server/auth/tokens.py",
        "        if (first := seen.setdefault(token, number)) != number:",
        "        if (first := seen.setdefault(token, number)) < 0:",
        "two accounts with one token are not told by their lines",
        "tests/server/auth/test_tokens.py::test_two_accounts_with_one_token_are_named_by_their_lines",
    ),
    Mutation(
        "tutor_widget/server/auth/tokens.py",
        "        accounts = _by_digest(tokens)\n        if self",
        "        accounts = self._accounts = _by_digest(tokens)\n        if self",
        "a class list that is refused takes effect",
        "tests/server/auth/test_tokens.py::test_a_faulty_list_changes_nothing",
    ),
    Mutation(
        "tutor_widget/server/app.py",
        "            server.close_accounts(gone)",
        "                    pass",
        "an account that left the class list stays connected",
        "tests/server/test_class_list.py::test_a_class_list_is_read_anew_on_sighup",
    ),
    Mutation(
        JWT,
        REQUIRED,
        'options={"require": ["exp", "sub"], "verify_aud": False},',
        "a token for another service opens an account",
        JWT_TESTS,
    ),
    Mutation(
        JWT,
        REQUIRED,
        'options={"require": ["aud", "sub"], "verify_exp": False},',
        "a signed token is good for ever",
        JWT_TESTS,
    ),
    Mutation(
        JWT,
        "algorithms=[key.algorithm]",
        'algorithms=[jwt.get_unverified_header(token)["alg"]]',
        "a token says by which algorithm it is verified",
        JWT_TESTS,
    ),
    Mutation(
        JWKS,
        "if self._reading is None and wait > 0:",
        "if wait > 1e9:",
        "strangers let the server ask the issuer without end",
        JWKS_TESTS,
    ),
    Mutation(
        JWKS,
        "await asyncio.shield(self._reading)",
        "await self._reading",
        "a client that leaves ends the sign-in of others",
        JWKS_TESTS,
    ),
    Mutation(
        "tutor_widget/server/server.py",
        "elif (until := connection.account.until) is not None and until <= now:",
        "elif False:",
        "a learner whose token has expired stays connected",
        "tests/server/net/test_authentication.py::test_a_connection_ends_with_its_credentials",
    ),
    Mutation(
        "tutor_widget/server/process.py",
        "    logging.lastResort = handler",
        "    pass",
        "a logger that has no handler writes to stderr what a learner wrote",
        "tests/server/test_quiet.py::test_nothing_that_a_library_prints_quotes_a_learner",
    ),
    Mutation(
        "tutor_widget/server/auth/pseudonyms.py",
        "key=self._key",
        'key=b""',
        "the name of an account is found by hashing a list of names",
        "tests/server/auth/test_pseudonyms.py",
    ),
    Mutation(
        "tutor_widget/server/net/address.py",
        "_address(hops.pop())",
        "_address(hops.pop(0))",
        "a client chooses the address whose limits it uses",
        "tests/server/net/test_address.py",
    ),
    Mutation(
        "tutor_widget/server/net/handshake.py",
        "connection.owner = account.name or self._address",
        "connection.owner = self._address",
        "the accounts behind one address share their limits",
        "tests/server/net/test_account_limits.py::test_all_sessions_of_an_account_share_its_rate",
    ),
    Mutation(
        "tutor_widget/server/net/handshake.py",
        "            self._under_way -= 1",
        "            pass",
        "after so many handshakes no client is let in any more",
        "tests/server/net/test_authentication.py::test_so_many_handshakes_are_checked_at_once",
    ),
    Mutation(
        "tutor_widget/server/net/handshake.py",
        "0 < self._settings.handshakes <= self._under_way",
        "False",
        "any number of handshakes is checked at once",
        "tests/server/net/test_authentication.py::test_so_many_handshakes_are_checked_at_once",
    ),
    Mutation(
        "tutor_widget/server/net/sockets.py",
        "next(iter(self._unread)).transport.abort()",
        "pass",
        "connections that say nothing take all places",
        "tests/server/net/test_authentication.py::test_silent_connections_take_nobodys_place",
    ),
    Mutation(
        "tutor_widget/server/net/socket.py",
        "if self._unread > _MOST_UNREAD",
        "if self._unread < 0",
        "half a request may have a mebibyte",
        "tests/server/net/test_handshake.py::test_a_faulty_request_is_refused_logged_and_counted",
    ),
    Mutation(
        "tutor_widget/server/server.py",
        "        socket.let_go_of_request()\n",
        "",
        "each connection keeps the headers of its handshake",
        "tests/server/net/test_authentication.py::test_headers_are_let_go_after_the_handshake",
    ),
    Mutation(
        "tutor_widget/server/server.py",
        "        self._check_exposure()\n",
        "",
        "a server without authentication is open to other machines",
        "tests/server/net/test_authentication.py"
        "::test_without_authentication_only_this_machine_may_connect",
    ),
    Mutation(
        "tutor_widget/server/net/admission.py",
        "1 if has_accounts or settings.single_user else _UNGUESSABLE",
        "1",
        "without accounts an id that can be guessed opens a session",
        "tests/server/net/test_connection.py::test_an_id_that_can_be_guessed_is_refused",
    ),
    Mutation(
        "tutor_widget/server/net/inbound.py",
        "        self.gate.shut_before(message_id, now + _UNTIL_ROOM)",
        "        pass",
        "a message that found no room is overtaken",
        "tests/server/net/test_account_limits.py"
        "::test_when_the_storage_is_full_nothing_is_lost_or_overtaken",
    ),
    Mutation(
        "tutor_widget/server/limits.py",
        "if len(self._buckets) > _MOST:",
        "if len(self._buckets) < 0:",
        "a hundred thousand strangers fill the memory",
        "tests/server/test_limits.py::test_a_hundred_thousand_strangers_need_bounded_memory",
    ),
    Mutation(
        "tutor_widget/server/limits.py",
        "        if (wait := self._messages.take(owner, now)) > 0:\n            return wait\n",
        "",
        "sessions without end cost no message",
        "tests/server/test_limits.py::test_a_new_session_costs_a_message_too",
    ),
    Mutation(
        "tutor_widget/server/process.py",
        "        if skipped is not None:",
        "        if True:",
        "a fault that repeats itself fills the log",
        "tests/server/test_quiet.py",
    ),
)
