"""The cases themselves: complete, compiled to what KFP reads, and listed."""

from __future__ import annotations

import subprocess
import sys

import pytest

from kfbridge.graph.model import Component, Dag
from kfbridge.graph.resolve import resolve
from kfbridge.spec.read import from_data
from kfbridge.testing import CASES, Case
from kfbridge.testing.__main__ import listing
from kfbridge.testing.cases import TOPICS

pytestmark = pytest.mark.filterwarnings("ignore:.*a condition compares with")
every_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


def steps(component: Component) -> set[str]:
    """The names of all steps in a pipeline, those in groups and nested pipelines included."""
    assert isinstance(component.body, Dag)
    found = set()
    for name, task in component.body.tasks.items():
        found |= steps(task.component) if isinstance(task.component.body, Dag) else {name}
    return found


@every_case
def test_an_outcome_speaks_of_every_step_of_the_pipeline(case: Case) -> None:
    graph = resolve(from_data([document for document in case.pipeline.documents if document]))
    assert case.expected.steps() == steps(graph.root)
    assert set(case.bound("x")) <= set(graph.root.inputs.parameters)


@every_case
def test_a_case_compiles_to_what_the_strict_reader_of_protobuf_takes(case: Case) -> None:
    protobuf = pytest.importorskip("google.protobuf.json_format")
    messages = pytest.importorskip("kfp.pipeline_spec.pipeline_spec_pb2")
    protobuf.ParseDict(case.pipeline.documents[0], messages.PipelineSpec())


@every_case
def test_a_case_says_what_it_is_about(case: Case) -> None:
    assert case.meaning.endswith(".")
    assert case.features


def test_no_two_cases_share_a_name() -> None:
    assert len(CASES) == sum(isinstance(value, Case) for topic in TOPICS for value in vars(topic).values())


def test_the_cases_need_no_pytest() -> None:
    code = "import sys; sys.modules['pytest'] = None; from kfbridge.testing import CASES; print(len(CASES))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == (str(len(CASES)), "")


def test_the_list_has_every_topic_and_case() -> None:
    lines = list(listing())
    assert lines[:2] == ["values", next(line for line in lines if "every_type" in line)]
    assert len(lines) == len(CASES) + len(TOPICS)
