"""Rewrites one after the other: what a service needs is mostly more than one of them."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kfbridge.findings import Level
from kfbridge.graph.model import Importer
from kfbridge.graph.resolve import resolve
from kfbridge.graph.rewrites import Rewrite, apply
from kfbridge.graph.rewrites.conditions import conditions
from kfbridge.graph.rewrites.inline import inline
from kfbridge.graph.rewrites.oneof import oneof
from kfbridge.graph.rewrites.predicate import predicate
from kfbridge.graph.rewrites.unroll import unroll
from kfbridge.spec.read import Document
from kfbridge.spec.validate import problems
from kfbridge.testing.cases import CASES
from tests.graph.rewrites.branching import documents
from tests.graph.rewrites.pretend import Pretence, all_tasks, case_document, plain, play

CHAINS: dict[str, Sequence[Rewrite]] = {
    "branches without joins": (oneof, inline, conditions),
    "steps that look at flat conditions": (unroll, conditions, predicate),
    "everything": (unroll, oneof, inline, conditions, predicate),
    "copies that look at their conditions": (predicate, oneof),
}


def check(document: Document, rewrites: Sequence[Rewrite], seed: int) -> None:
    rewritten = apply(document, rewrites)
    assert not list(problems(rewritten.document))
    pretence = Pretence(resolve(document), seed)
    importers = {path for path, task in all_tasks(pretence.graph) if isinstance(task.component.body, Importer)}
    leaves = sorted(play(pretence).given)
    for broken in (set[str](), set(random.Random(seed).sample(leaves, min(1, len(leaves))))):
        pretence.broken = broken
        original, found = play(pretence), play(pretence, rewritten)
        assert found.world.ended == original.world.ended
        assert found.given == original.given
        assert found.begun == original.begun
        assert found.outputs.parameters == original.outputs.parameters
        if not any(one.level is Level.REWRITTEN and "part of a value" in one.reason for one in rewritten.findings):
            assert {key for key in found.succeeded if plain(key) not in importers} == {
                key for key in original.succeeded if plain(key) not in importers
            }


@pytest.mark.parametrize("chain", CHAINS)
@pytest.mark.parametrize("name", CASES)
def test_conformance_cases(name: str, chain: str) -> None:
    check(case_document(name), CHAINS[chain], 0)


@settings(deadline=None, max_examples=15, suppress_health_check=list(HealthCheck))
@given(documents(), st.sampled_from(sorted(CHAINS)), st.integers(0, 1000))
def test_random_branches(document: Document, chain: str, seed: int) -> None:
    check(document, CHAINS[chain], seed)
