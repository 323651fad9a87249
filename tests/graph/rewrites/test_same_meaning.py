"""A rewritten pipeline means what the user's meant: over the conformance cases, the corpus and random pipelines.

Both are run in the engine alone, with steps that succeed and with steps that fail.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kfbridge.graph.model import Graph
from kfbridge.graph.resolve import resolve
from kfbridge.graph.rewrites import Rewrite, Rewritten, apply, conditions, inline, task_paths, unroll
from kfbridge.spec.read import Document, from_data, read_file
from kfbridge.testing import CASES, Case
from tests.conftest import corpus_files
from tests.engine.graphs import Sample, samples
from tests.engine.test_corpus import some_arguments
from tests.graph.rewrites.documents import document_of
from tests.graph.rewrites.equal import Fails, differences, happens, happens_rewritten, never
from tests.graph.rewrites.pipelines import graphs

SETTINGS = settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))
SEQUENCES: dict[str, list[str]] = {
    "inline": ["inline"],
    "inline exit groups": ["inline exit groups"],
    "unroll": ["unroll"],
    "conditions": ["conditions"],
    "everything": ["unroll", "inline", "conditions"],
    "everything, the other way round": ["conditions", "inline exit groups", "unroll"],
}
every_sequence = pytest.mark.parametrize("sequence", SEQUENCES.values(), ids=SEQUENCES)


def rewrites(sequence: list[str], arguments: Mapping[str, Any] | None = None) -> list[Rewrite]:
    named: dict[str, Rewrite] = {
        "inline": inline,
        "inline exit groups": partial(inline, exit_groups=True),
        "unroll": partial(unroll, arguments=arguments),
        "conditions": conditions,
    }
    return [named[name] for name in sequence]


def some_fail(every: int) -> Fails:
    """Every so many steps fail, always."""
    return lambda key, attempt: zlib.crc32(key.encode()) % every == 0


FAILURES: list[Fails] = [never, some_fail(3), some_fail(7), lambda key, attempt: attempt == 1]


def means_the_same(document: Document, done: Rewritten, arguments: Mapping[str, Any], fails: Fails) -> None:
    found = differences(happens(document, arguments, fails), happens_rewritten(done, arguments, fails))
    assert not found, "\n".join(found)


def is_sound(document: Document, done: Rewritten) -> None:
    """Protobuf's strict reader takes it, every task has its own origin, which exists, and the names are legal."""
    protobuf = pytest.importorskip("google.protobuf.json_format")
    messages = pytest.importorskip("kfp.pipeline_spec.pipeline_spec_pb2")
    protobuf.ParseDict(done.document.pipeline.to_data(), messages.PipelineSpec())
    paths = set(task_paths(done.document))
    assert done.origins.keys() <= paths
    assert {origin.path for origin in done.origins.values()} <= set(task_paths(document))
    keys = [origin.key for origin in done.origins.values()]
    assert len(set(keys)) == len(keys)
    assert all(len(name) <= 63 or name in "/".join(task_paths(document)) for path in paths for name in path.split("/"))


@every_sequence
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
@pytest.mark.filterwarnings("ignore:.*a condition compares with")
def test_a_conformance_case(case: Case, sequence: list[str]) -> None:
    document = from_data([one for one in case.pipeline.documents if one])
    arguments = case.bound("x")
    before = document.to_data()
    done = apply(document, rewrites(sequence, arguments))
    assert document.to_data() == before
    is_sound(document, done)
    if done.document is not document:
        for fails in FAILURES:
            means_the_same(document, done, arguments, fails)


@every_sequence
@pytest.mark.corpus
@pytest.mark.parametrize(
    "path",
    corpus_files("valid", "argo_compatibility", "kubernetes"),
    ids=lambda path: f"{path.parent.name}/{path.stem}",
)
def test_a_pipeline_of_the_corpus(path: Path, sequence: list[str]) -> None:
    document = read_file(path)
    arguments = some_arguments(resolve(document))
    done = apply(document, rewrites(sequence, arguments))
    is_sound(document, done)
    assert apply(read_file(path), rewrites(sequence, arguments)).document.to_data() == done.document.to_data()
    if done.document is not document:
        for fails in FAILURES:
            means_the_same(document, done, arguments, fails)


@every_sequence
@SETTINGS
@given(sample=samples(), breaks=st.booleans())
def test_a_random_pipeline_of_numbers(sequence: list[str], sample: Sample, breaks: bool) -> None:
    document = document_of(sample.graph)
    done = apply(document, rewrites(sequence, {"n": 2}))
    is_sound(document, done)
    means_the_same(document, done, {"n": 2}, lambda key, attempt: breaks and sample.attempt(key, attempt) is None)


@every_sequence
@SETTINGS
@given(graph=graphs(), every=st.sampled_from([0, 2, 3, 5]), file=st.booleans())
def test_a_random_pipeline_of_everything(sequence: list[str], graph: Graph, every: int, file: bool) -> None:
    document = document_of(graph)
    arguments = {"f": "/file"} if file else {}
    done = apply(document, rewrites(sequence, arguments))
    is_sound(document, done)
    means_the_same(document, done, arguments, some_fail(every) if every else never)
