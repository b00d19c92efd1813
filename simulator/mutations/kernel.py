"""Faults of the notebook's side: the widget, what it mirrors and remembers, and what it starts."""

from __future__ import annotations

from typing import Final

from simulator.mutations.mutation import Mutation

NOTEBOOK: Final = "tutor_widget/notebook"
MIRROR: Final = "tutor_widget/notebook/mirror.py"
COMMANDS: Final = "tests/notebook/test_commands.py"
ADDRESSES: Final = "tests/client/net/test_addresses.py"
AUDIENCE: Final = "tutor_widget/client/net/audience.py"
AUDIENCE_TESTS: Final = "tests/client/net/test_audience.py"
LEADS: Final = "tests/notebook/test_mirror.py::test_changes_lead_to_what_the_traits_hold"

MUTATIONS: Final = (
    # --- what a page asks for
    Mutation(
        f"{NOTEBOOK}/commands.py",
        "if self._chat.page.is_saving(id):",
        "if self._chat.page.is_saving(op):",
        "a command is acknowledged before it is durable",
        f"{COMMANDS}::test_a_message_is_acknowledged_when_it_is_durable",
    ),
    Mutation(
        f"{NOTEBOOK}/commands.py",
        "ev.Nudged(ev.Nudge.BROWSER)",
        "ev.Nudged(ev.Nudge.BUTTON)",
        "a page that comes back into view leaves *failed*",
        f"{COMMANDS}::test_only_the_button_leaves_failed",
    ),
    Mutation(
        f"{NOTEBOOK}/callbacks.py",
        "case do.HistoryReplaced(last) if epoch != self._epoch:",
        "case do.HistoryReplaced(last):",
        "what came during an outage is no news",
        f"{COMMANDS}::test_only_what_is_new_is_told_to_callbacks",
    ),
    Mutation(
        f"{NOTEBOOK}/callbacks.py",
        "case do.Committed(event) if event.seq > self._last:",
        "case do.Committed(event):",
        "callbacks hear the log again when it is told anew",
        f"{COMMANDS}::test_only_what_is_new_is_told_to_callbacks",
    ),
    Mutation(
        f"{NOTEBOOK}/chat.py",
        'return {"at": round(record.used_at * 1000)}',
        'return {"at": round(record.used_at)}',
        "an old conversation is offered as one of 1970",
        f"{COMMANDS}::test_a_stale_conversation_is_offered_until_the_learner_decides",
    ),
    Mutation(
        f"{NOTEBOOK}/model.py",
        "            self.layout.close()  #",
        "            pass  #",
        "each chat leaves a widget behind",
        f"{COMMANDS}::test_a_closed_chat_leaves_no_widget_behind",
    ),
    Mutation(
        f"{NOTEBOOK}/commands.py",
        "            while len(self._outcomes) > MAX_REMEMBERED:",
        "            while not self._outcomes:",
        "commands are remembered forever",
        f"{COMMANDS}::test_only_so_many_commands_are_remembered",
    ),
    Mutation(
        f"{NOTEBOOK}/chat.py",
        "unsent=tuple(Unsent(m.id, m.text, m.at) for m in messages)",
        "unsent=()",
        "a saved conversation lacks what the tutor does not have yet",
        f"{COMMANDS}::test_what_is_saved_has_its_title_its_state_and_what_waits",
    ),
    Mutation(
        f"{NOTEBOOK}/commands.py",
        "owner not in chat.page.owners()",
        "False",
        "a page's message is sent under whatever account has signed in meanwhile",
        "tests/client/test_accounts.py",
    ),
    Mutation(
        f"{NOTEBOOK}/commands.py",
        '    _check_owner(chat, content)\n    chat.happened(ev.Retried(content["message"]))',
        '    chat.happened(ev.Retried(content["message"]))',
        'a late "try again" gives one account\'s message to another',
        "tests/client/test_handovers.py",
    ),
    Mutation(
        f"{NOTEBOOK}/page.py",
        "        if not self._is_closed:\n",
        "        if True:\n",
        "a closed chat is connected again",
        f"{COMMANDS}::test_a_closed_chat_stays_closed",
    ),
    # --- what a page is told
    Mutation(
        MIRROR,
        "            and reply.text.startswith(sent.text)",
        "",
        "a reply that begins anew is appended to the old one",
        LEADS,
    ),
    Mutation(
        MIRROR,
        '            and replace(sent, text="") == replace(reply, text="")',
        "",
        "a reply that no longer waits keeps its place in the queue",
        LEADS,
    ),
    Mutation(
        MIRROR,
        '"text": reply.text[len(sent.text) :]}',
        '"text": reply.text}',
        "each delta repeats the whole reply",
        LEADS,
    ),
    Mutation(
        MIRROR,
        "                    self._gone.append(id)",
        "                    pass",
        "a page keeps a message that was taken back",
        LEADS,
    ),
    Mutation(
        MIRROR,
        '            change["state"] = session.transcript.state',
        "            pass",
        "a page does not hear of the session's state",
        LEADS,
    ),
    Mutation(
        MIRROR,
        '        item["re"] = event.re',
        "        pass",
        "no answer names its question",
        LEADS,
    ),
    Mutation(
        MIRROR,
        '            change["older"] = self._older',
        "            pass",
        "a page does not hear of earlier messages",
        "tests/notebook/test_mirror.py::test_earlier_messages_come_before_those_held",
    ),
    Mutation(
        MIRROR,
        "self._older[:0] = [_event(event, session) for event in events]",
        "self._older += [_event(event, session) for event in events]",
        "earlier messages are shown in the wrong order",
        "tests/notebook/test_mirror.py::test_pages_that_come_together_are_told_in_the_logs_order",
    ),
    # --- what is remembered, and of which cell
    Mutation(
        "tutor_widget/client/storage/session_memory.py",
        "            delete(self._left_file(session))",
        "            [delete(path) for _, path in self._all_left()]",
        "settling one conversation that was left forgets the others",
        "tests/client/storage/test_session_memory.py::test_kernels_do_not_lose_each_others_sessions",
    ),
    Mutation(
        "tutor_widget/client/storage/session_memory.py",
        "lambda: self._leave_all_but(session)",
        "lambda: True",
        "a session that another kernel replaces is forgotten",
        "tests/client/storage/test_session_memory.py",
    ),
    Mutation(
        "tutor_widget/client/storage/session_memory.py",
        "digest(server, notebook, user_name()) if notebook",
        "digest(server, notebook) if notebook",
        "two users of one home share a conversation",
        "tests/client/storage/test_session_memory.py::test_users_of_one_home_share_nothing",
    ),
    Mutation(
        "tutor_widget/client/storage/notebooks.py",
        "        if here.id is not None and not self.is_elsewhere(here.id, path):",
        "        if here.id is not None:",
        "a copy of a notebook goes on with its conversation",
        "tests/client/storage/test_notebooks.py::test_a_copy_is_none_that_is_known",
    ),
    Mutation(
        "tutor_widget/client/storage/notebooks.py",
        "    return record.path == path and not (here.is_notebook and record.is_marked)",
        "    return record.path == path",
        "a new notebook shows the conversation of one that had its name",
        "tests/client/storage/test_notebooks.py::test_a_new_file_of_an_old_name_is_another_notebook",
    ),
    Mutation(
        "tutor_widget/client/storage/notebooks.py",
        "    if here.stamp is None or here.stamp == record.stamp:",
        "    if here.stamp is None:",
        "a notebook that is renamed before it was saved loses its conversation",
        "tests/client/storage/test_notebooks.py::test_an_id_that_is_not_saved_yet_is_known_by_the_file",
    ),
    Mutation(
        "tutor_widget/notebook/identity.py",
        "    return kernel if has_said or own is None else own",
        "    return kernel if own is None else own",
        "a page changes the conversation that the learner writes in",
        "tests/notebook/test_identity.py::test_after_something_was_said_the_page_takes_the_kernels",
    ),
    Mutation(
        "tutor_widget/client/outbox/unowned.py",
        "            if (is_own or is_accounts) and is_orphan(path, owner):",
        "            if is_orphan(path, owner):",
        "what another sign-in wrote is sent under this one",
        "tests/client/outbox/test_unowned.py::test_other_credentials_send_only_what_is_of_their_account",
    ),
    Mutation(
        f"{NOTEBOOK}/ipython.py",
        "        if not info.store_history:",
        "        if info is None:",
        "a front end's own code is offered as the learner's cell",
        "tests/notebook/test_ipython.py::test_what_a_front_end_runs_is_no_cell_of_the_learners",
    ),
    Mutation(
        f"{NOTEBOOK}/ipython.py",
        "elif cell is not None and cell == self.ran.error_in:",
        "elif cell == self.ran.error_in:",
        "where cells have no ids, any cell ends an error",
        "tests/notebook/test_ipython.py::test_an_error_without_a_cells_id_stays",
    ),
    # --- the connection and its credentials
    Mutation(
        "tutor_widget/network.py",
        "logger.propagate = False",
        "logger.propagate = True",
        "the token stands in the program's log at DEBUG",
        "tests/client/net/test_connection.py::test_a_token_stands_in_no_log",
    ),
    Mutation(
        "tutor_widget/client/net/connection.py",
        "self._redirected > MAX_REDIRECTS",
        "self._redirected < 0",
        "redirects are followed without end",
        "tests/client/net/test_connection.py::test_redirects_are_followed_a_few_times",
    ),
    Mutation(
        AUDIENCE,
        "    if is_plain(url):",
        '    if is_plain(url) and url == "":',
        "the hub's token goes over a plain connection",
        f"{AUDIENCE_TESTS}::test_which_token_of_the_environment_goes_where",
    ),
    Mutation(
        AUDIENCE,
        "segments[: len(above)] == above",
        'b"/".join(segments).startswith(b"/".join(above))',
        "a token goes to a path that merely begins like its own",
        f"{AUDIENCE_TESTS}::test_a_path_below_another",
    ),
    Mutation(
        AUDIENCE,
        "if decoded == path:",
        "if path:",
        "a path is decoded only once before it is compared",
        f"{AUDIENCE_TESTS}::test_a_path_below_another",
    ),
    Mutation(
        AUDIENCE,
        'os.environ.get("TUTOR_CHAT_HUB_TOKEN") == "1"',
        "True",
        "the hub's token goes to the operator's address though the operator did not say so",
        f"{AUDIENCE_TESTS}::test_which_token_of_the_environment_goes_where",
    ),
    Mutation(
        AUDIENCE,
        "return there if is_below(there, url) else None",
        "return there",
        "a token goes along any redirect",
        f"{AUDIENCE_TESTS}::test_where_a_redirect_may_lead",
    ),
    Mutation(
        "tutor_widget/client/net/endpoint.py",
        "Place(self.url, self._last or await self._get())",
        "Place(self.url, await self._get())",
        "a learner signs in anew at each dial",
        f"{ADDRESSES}::test_a_function_is_asked_once_until_its_token_is_refused",
    ),
    # --- what runs beside it
    Mutation(
        "tutor_widget/client/storage/disk.py",
        "await asyncio.shield(asyncio.wrap_future(_executor.submit(function, *args)))",
        "await asyncio.wrap_future(_executor.submit(function, *args))",
        "a write that is cancelled while it waits its turn is never made",
        "tests/client/test_loop.py",
    ),
    Mutation(
        "tutor_widget/embedded.py",
        "if not _running or (_running[-1].done() and _running[-1].exception() is not None):",
        "if not _running:",
        "an embedded tutor whose start failed once is never started",
        "tests/test_embedded.py::test_a_start_that_failed_is_tried_again",
    ),
    Mutation(
        f"{NOTEBOOK}/chat.py",
        "self._has_sought = not await older.fetch(self.client, older.PAGE)",
        "if not await older.fetch(self.client, older.PAGE):\n                    break",
        "older pages that cannot be held are asked for again and again",
        "tests/client/test_older.py::test_what_was_looked_for_in_vain_is_not_looked_for_again",
    ),
    Mutation(
        f"{NOTEBOOK}/chat.py",
        "if self.client.needs_older and not (is_seeking",
        "if self.client is None and not (is_seeking",
        "an answer before the replayed page is awaited forever",
        "tests/client/test_older.py::test_an_answer_that_lies_before_the_replayed_page_is_fetched",
    ),
    Mutation(
        "tutor_widget/client/client.py",
        "any(not transcript.holds(id) and id not in queue for",
        "any(not transcript.holds(id) for",
        "older pages are fetched for a message that no server has",
        "tests/client/test_older.py::test_a_message_that_waits_asks_for_no_older_page",
    ),
    Mutation(
        "tutor_widget/client/older.py",
        "limit = min(PAGE, count - came)",
        "limit = min(PAGE, count)",
        "250 earlier messages are asked for, and 400 come",
        "tests/client/test_older.py::test_no_more_comes_than_was_asked_for",
    ),
    Mutation(
        "tutor_widget/client/older.py",
        "            arrived.set_exception(_unreachable())",
        "            pass",
        "who waits for earlier messages does not hear that the connection is lost",
        "tests/client/test_older.py::test_who_waits_for_a_page_hears_that_the_connection_is_lost",
    ),
    Mutation(
        f"{NOTEBOOK}/downloads.py",
        "end if end < len(download.text) else _END",
        "end if end <= len(download.text) else _END",
        "a file of whole pieces has an empty one behind the last",
        "tests/notebook/test_downloads.py::test_the_last_piece_is_not_empty",
    ),
    Mutation(
        f"{NOTEBOOK}/unseen.py",
        "        if ipython.watch.is_running:\n            return  #",
        "        if False:\n            return  #",
        "a chat is called missing while the page's report waits for the end of a cell",
        "tests/notebook/test_unseen.py::test_nothing_is_said_while_a_cell_runs",
    ),
)
