"""Faults of the files for deployment, and of values that a database reads as SQL."""

from __future__ import annotations

from typing import Final

from simulator.mutations.mutation import Mutation

_TESTS: Final = "tests/project/test_deployment.py"

MUTATIONS: Final = (
    Mutation(
        "deploy/kubernetes.yaml",
        "terminationGracePeriodSeconds: 15",
        "terminationGracePeriodSeconds: 5",
        "Kubernetes kills a server before its replies are handed over",
        f"{_TESTS}::test_each_time_to_stop_is_the_documented_one",
    ),
    Mutation(
        "deploy/compose.yaml",
        "      - --token-file=/run/secrets/tokens\n",
        "      - --tokens-file=/run/secrets/tokens\n",
        "a file for deployment has an option that the program has not",
        f"{_TESTS}::test_the_program_takes_the_options",
    ),
    Mutation(
        "deploy/tutor-widget.service",
        " --trusted-proxies=127.0.0.1 ",
        " ",
        "behind the proxy of its machine a server refuses the public name",
        f"{_TESTS}::test_a_server_behind_a_proxy_of_its_machine_answers_to_the_proxys_names",
    ),
    Mutation(
        "deploy/Dockerfile",
        "raise SystemExit(c.getresponse().status != 200)",
        "c.getresponse()",
        "the health check of the image passes whatever a server says",
        f"{_TESTS}::test_the_health_check_of_the_image_asks_a_server",
    ),
    Mutation(
        "tutor_widget/server/store/sqlite/listing.py",
        '" AND active >= :since AND (:account IS NULL OR account = :account)"',
        "f\" AND active >= :since AND (:account IS NULL OR account = '{account}')\"",
        "the name of an account is read as SQL",
        "tests/server/store/test_hostile_values.py",
    ),
)
