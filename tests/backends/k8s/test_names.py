"""Names on the cluster are legal, lead back to the attempt, and are never the same for two attempts."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from kfbridge.backends.k8s.names import (
    ATTEMPT,
    RUN,
    TASK,
    claim_name,
    job_name,
    label_value,
    labels,
    object_name,
    run_annotations,
    workspace_name,
)
from tests.backends.k8s.pods import invocation

DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
LABEL_VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?")
ANYTHING = st.text(max_size=300)
ATTEMPTS = st.integers(1, 10**6)


def test_a_name_can_be_read() -> None:
    name = job_name("two-step-20260101-120000-a1b2c3", "for-loop-1[3]/train", 2)
    assert re.fullmatch(r"two-step-20260101-12-for-loop-1-3-train-2-[a-z2-7]{10}", name)


def test_a_name_is_the_same_in_every_process() -> None:
    assert job_name("run-1", "train", 1) == "run-1-train-1-pmemn4iqm3"


@given(ANYTHING, ANYTHING, ATTEMPTS)
def test_a_job_name_is_a_label_with_room_for_its_pods(run: str, key: str, attempt: int) -> None:
    name = job_name(run, key, attempt)
    assert DNS_LABEL.fullmatch(name)
    assert len(name) <= 57


@given(st.lists(st.tuples(ANYTHING, ANYTHING, ATTEMPTS), unique=True, max_size=30))
def test_different_attempts_have_different_names(attempts: list[tuple[str, str, int]]) -> None:
    assert len({job_name(*one) for one in attempts}) == len(attempts)


def test_what_reads_alike_is_told_apart() -> None:
    assert job_name("run-1", "a/b", 1) != job_name("run-1", "a-b", 1)
    assert job_name("run", "1-a", 1) != job_name("run-1", "a", 1)
    assert job_name("run-1", "a", 11) != job_name("run-11", "a", 1)


@given(ANYTHING)
def test_any_text_becomes_a_label_and_a_name(text: str) -> None:
    for made, form in ((label_value(text), LABEL_VALUE), (object_name(text), DNS_LABEL)):
        assert form.fullmatch(made)
        assert len(made) <= 63


def test_what_is_legal_already_stays() -> None:
    assert label_value("My_run.1") == "My_run.1"
    assert object_name("my-claim") == "my-claim"


def test_the_job_leads_back_to_the_attempt() -> None:
    step = invocation(key="for-loop-1[3]/train", attempt=2)
    found = labels(step)
    assert (found[RUN], found[ATTEMPT]) == ("run-1", "2")
    assert found[TASK].startswith("for-loop-1-3-train-")
    assert run_annotations(step)[TASK] == "for-loop-1[3]/train"


def test_a_claim_is_found_again_by_the_next_attempt() -> None:
    name = claim_name("run-1", "createpvc", "-my-data")
    assert name == claim_name("run-1", "createpvc", "-my-data")
    assert name.startswith("run-1-")
    assert name.endswith("-my-data")
    assert DNS_LABEL.fullmatch(name)
    assert workspace_name("run-1") != workspace_name("run-2")
