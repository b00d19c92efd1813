"""Faults of reports and of the deletion of a conversation, on every side."""

from __future__ import annotations

from typing import Final

from simulator.mutations.mutation import Mutation

REQUESTS: Final = "tutor_widget/session/queue/requests.py"
DELIVERY: Final = "tutor_widget/session/delivery.py"
MACHINE: Final = "tutor_widget/session/machine.py"
INBOUND: Final = "tutor_widget/server/net/inbound.py"
SESSION_TESTS: Final = "tests/session/test_requests.py"
SERVER_TESTS: Final = "tests/server/net/test_requests.py"
NOTEBOOK_TESTS: Final = "tests/notebook/test_requests.py"
ACCOUNT_TESTS: Final = (
    "tests/client/test_accounts.py"
    "::test_the_next_kernel_deletes_what_its_account_left_though_it_is_not_welcomed"
)
PAGE_TESTS: Final = "js/test/model/erasing.test.ts"

MUTATIONS: Final = (
    # --- the client's session
    Mutation(
        REQUESTS,
        "request.id in (*self._saving, *self._tried)",
        "request.id in self._tried",
        "a deletion is asked for before it is durable",
        SESSION_TESTS,
    ),
    Mutation(
        REQUESTS,
        "        self._tried.clear()\n",
        "",
        "a deletion is asked for on one connection only",
    ),
    Mutation(
        REQUESTS,
        "        if not self.remove(id):\n            return None  #",
        "        if not id:\n            return None  #",
        "the answer to a report that was replaced counts for the newer one",
        SESSION_TESTS,
    ),
    Mutation(
        REQUESTS,
        "if request.epoch not in (None, transcript.epoch)\n            or (",
        "if (",
        "a report of an event that is gone is sent forever",
        SESSION_TESTS,
    ),
    Mutation(
        DELIVERY,
        "        if self.is_erasing:\n            return requested\n",
        "",
        "a conversation that is to be deleted is sent what waits",
    ),
    Mutation(
        DELIVERY,
        "            if request.op not in offers:\n",
        "            if not offers and request.op == 'report':\n",
        "a deletion that the server does not offer closes the conversation for ever",
        SESSION_TESTS,
    ),
    Mutation(
        DELIVERY,
        "        if self.offers is not None and op not in self.offers:\n",
        "        if op not in (self.offers or ()):\n",
        "a deletion that the tab kept is lost when the kernel restarts",
        SESSION_TESTS,
    ),
    Mutation(
        DELIVERY,
        "        self._settle_requests(requests)\n",
        "",
        "what is deleted is to be deleted for ever",
    ),
    Mutation(
        DELIVERY,
        "        if self.is_erasing:\n            raise",
        "        if False:\n            raise",
        "something is said in a conversation that is to be deleted",
        SESSION_TESTS,
    ),
    Mutation(
        "tutor_widget/session/queue/outgoing.py",
        "left = self._only(lambda owner: owner not in (None, account))",
        "left = self._only(lambda owner: account is not None and owner not in (None, account))",
        "a deletion before any welcome takes other accounts' messages with it",
        SESSION_TESTS,
    ),
    Mutation(
        DELIVERY,
        "            self._recalled = event.account\n",
        "            pass\n",
        "a deletion before any welcome leaves what its own account wrote",
        SESSION_TESTS,
    ),
    Mutation(
        DELIVERY,
        "        return asked.pop() if",
        "        held = {message.account for message in self.outgoing.messages.values()}\n"
        "        asked = asked or held - {None}\n"
        "        return asked.pop() if",
        "a deletion before any welcome takes what another account left here",
        SESSION_TESTS,
    ),
    Mutation(
        DELIVERY,
        "        account = self._account\n        if self.offers is None",
        "        account = self.outgoing.account\n        if self.offers is None",
        "the next process lets its account say what is then deleted",
        SESSION_TESTS,
    ),
    Mutation(
        DELIVERY,
        "        self._erased.update(requests, messages)\n",
        "",
        "a copy brings back what was deleted",
    ),
    Mutation(
        MACHINE,
        "        if self._is_erased:\n            self._erase()  #",
        "        if False:\n            self._erase()  #",
        "a journal that is found late brings back what was deleted",
        SESSION_TESTS,
    ),
    Mutation(
        MACHINE,
        "sent = (self.outgoing.oldest_under_way, self.requests.erase_sent_at)",
        "sent = (self.outgoing.oldest_under_way,)",
        "a server that swallows a deletion is waited for",
        SESSION_TESTS,
    ),
    Mutation(
        "tutor_widget/client/outbox/records.py",
        'case {"put": Message() as entry} | {"request": Request() as entry}:',
        'case {"put": Message() as entry}:',
        "a deletion is forgotten when its process dies",
    ),
    # --- the kernel
    Mutation(
        "tutor_widget/client/client.py",
        "        self._take(ev.AccountRecalled(account))\n",
        "",
        "a kernel does not know whose conversation was deleted while it was away",
        ACCOUNT_TESTS,
    ),
    Mutation(
        "tutor_widget/client/client.py",
        "post_to_disk(remember_account, target.key, target.credentials, account)",
        "pass",
        "no kernel leaves to the next whose conversation it was",
        ACCOUNT_TESTS,
    ),
    Mutation(
        "tutor_widget/client/storage/accounts.py",
        "digest(server, credentials_owner(credentials), user_name())",
        "digest(server, user_name())",
        "a deletion takes what is of other credentials",
        "tests/client/storage/test_accounts.py",
    ),
    Mutation(
        "tutor_widget/client/client.py",
        'self._answers.end(Refused(code="erased"), but=self.session.outgoing.messages)',
        "pass",
        "who awaits an answer in a deleted conversation waits forever",
        f"{NOTEBOOK_TESTS}::test_who_awaits_an_answer_learns_of_the_deletion",
    ),
    Mutation(
        "tutor_widget/notebook/chat.py",
        "        if session.is_erased:\n            self.downloads.clear()\n",
        "",
        "a file of a deleted conversation stays in the kernel",
        f"{NOTEBOOK_TESTS}::test_a_download_of_a_deleted_conversation_is_gone",
    ),
    Mutation(
        "tutor_widget/notebook/page.py",
        "return is_message or session.requests.is_saving(id)",
        "return is_message",
        "a deletion is acknowledged before it is durable",
        f"{NOTEBOOK_TESTS}::test_a_request_is_acknowledged_when_it_is_on_the_disk",
    ),
    Mutation(
        "tutor_widget/notebook/commands.py",
        'if content["key"] != chat.page.key:',
        'if content["key"] is None:',
        "another conversation is deleted than the learner saw",
        f"{NOTEBOOK_TESTS}::test_a_page_that_means_another_conversation_changes_nothing",
    ),
    # --- the page
    Mutation(
        "js/src/model/conversation.ts",
        "    this.commands.forget(but);\n",
        "",
        "what waits for the kernel outlives its conversation",
        PAGE_TESTS,
    ),
    Mutation(
        "js/src/model/conversation.ts",
        "    this.#forgetErased(_view);\n",
        "",
        "the drafts of a deleted conversation stay in the tab",
        PAGE_TESTS,
    ),
    Mutation(
        "js/src/model/conversation.ts",
        "if (erasing && this.#erasing !== shown) this",
        "if (false) this",
        "a draft follows from a conversation that is deleted into the next",
        PAGE_TESTS,
    ),
    Mutation(
        "js/src/model/commands.ts",
        'const means = (item: Pending) => !("key" in item) || item.key === storage.key;',
        "const means = (_item: Pending) => true;",
        "a deletion follows the chat into another conversation",
        PAGE_TESTS,
    ),
    # --- the server
    Mutation(
        INBOUND,
        "        self._session.end(Dropped.ERASED)",
        "        pass",
        "a deleted conversation goes on where it is open",
        SERVER_TESTS,
    ),
    Mutation(
        INBOUND,
        '        elif known:\n            self._metrics.count("reports")',
        '        else:\n            self._metrics.count("reports")',
        "a report of nothing is confirmed",
        SERVER_TESTS,
    ),
    Mutation(
        INBOUND,
        '            self._refuse(frame.id, "rate", wait)\n            return',
        "            pass",
        "reports know no rate",
        SERVER_TESTS,
    ),
)
