"""The first judge: Google's own strict reader of the format, twice, and a checker of our own for what it cannot see."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from kfbridge import dsl
from kfbridge.backends.base import Plan
from kfbridge.errors import SpecError
from kfbridge.testing import CASES, Case
from tests.backends.vertex.checker import mistakes
from tests.backends.vertex.planning import job, plan
from tests.conftest import corpus_files
from tests.corpus.expectation import expectations

json_format = pytest.importorskip("google.protobuf.json_format")
messages = pytest.importorskip("kfp.pipeline_spec.pipeline_spec_pb2")

pytestmark = pytest.mark.filterwarnings("ignore")

FILES = {f"{path.parent.name}/{path.stem}": path for path in corpus_files("valid", "argo_compatibility", "kubernetes")}


def judge(spec: Mapping[str, Any]) -> None:
    """Fails where the strict reader or the checker finds something."""
    json_format.ParseDict(spec, messages.PipelineSpec(), ignore_unknown_fields=False)
    json_format.ParseDict(
        spec.get("deploymentSpec") or {}, messages.PipelineDeploymentConfig(), ignore_unknown_fields=False
    )
    assert mistakes(spec) == []


def sent(made: Plan) -> dict[str, Any] | None:
    return json.loads(made.documents["pipeline_job.json"])["pipelineSpec"] if made.ok else None


def planned_file(name: str) -> Plan:
    """The plan of a file with the arguments of its expectation; files of this machine stand for those of a bucket."""
    given = expectations()[name].arguments
    arguments = {key: _in_a_bucket(value) for key, value in given.items()}
    return plan(FILES[name], arguments)


def _in_a_bucket(value: Any) -> Any:
    return value.replace("{folder}", "gs://my-bucket") if isinstance(value, str) else value


@pytest.mark.corpus
@pytest.mark.parametrize("name", FILES)
def test_what_a_plan_of_the_corpus_sends_is_sound(name: str) -> None:
    made = planned_file(name)
    spec = sent(made)
    if spec is None:
        refused = [one for one in made.findings if one.level == "refused"]
        assert refused
        assert all(one.reason and one.remedy for one in refused)
        assert made.documents == {}
    else:
        judge(spec)


@pytest.mark.corpus
@pytest.mark.parametrize("path", corpus_files("invalid"), ids=lambda path: path.stem)
def test_what_is_no_pipeline_is_not_planned(path: Path) -> None:
    with pytest.raises(SpecError):
        plan(path)


@pytest.mark.corpus
@pytest.mark.usefixtures("corpus")
def test_how_much_of_the_corpus_is_sent() -> None:
    assert len(FILES) == 107
    ok = [name for name in FILES if planned_file(name).ok]
    assert len(ok) == SENT


SENT = 87
"""How many of the 107 files a plan sends; docs/backends/vertex.md says the number, too."""


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_a_plan_of_a_conformance_case_sends_is_sound(case: Case) -> None:
    spec = sent(plan(case.pipeline, case.bound("/gcs/scratch")))
    if spec is not None:
        judge(spec)


# The judges can say no ------------------------------------------------------------------------------


@dsl.component
def work(x: int = 1) -> int:
    return x


@dsl.pipeline
def two(x: int):
    first = work(x=x).set_cpu_limit("2")
    work(x=first.output)


def broken(*path: str, value: Any) -> dict[str, Any]:
    spec: dict[str, Any] = copy.deepcopy(job(two, {"x": 1})["pipelineSpec"])
    found = spec
    for key in path[:-1]:
        found = found[key]
    found[path[-1]] = value
    return spec


TASK = ("root", "dag", "tasks", "work-2")


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        (broken(*TASK, "componentRef", value={"name": "comp-none"}), "names the component comp-none"),
        (broken(*TASK, "dependentTasks", value=["none"]), "waits for none"),
        (broken(*TASK, "inputs", "parameters", "x", value={"componentInputParameter": "y"}), "is the input y"),
        (
            broken(
                *TASK, "inputs", "parameters", "x",
                value={"taskOutputParameter": {"producerTask": "work", "outputParameterKey": "z"}},
            ),
            "is the output z of work",
        ),
        (broken("components", "comp-work", "executorLabel", value="exec-none"), "names the executor exec-none"),
        (broken("root", "dag", "tasks", "work", "dependentTasks", value=["work-2"]), "has a cycle"),
        (broken(*TASK, "cachingOptions", value={"enableCache": True, "cacheKey": "k"}), "has cacheKey"),
        (
            broken("deploymentSpec", "executors", "exec-work", "container", "resources", value={"cpuLimit": 2.0}),
            "cpuLimit and resourceCpuLimit alone",
        ),
    ],
)  # fmt: skip
def test_the_checker_sees_what_hangs_loose(spec: dict[str, Any], said: str) -> None:
    assert any(said in one for one in mistakes(spec)), mistakes(spec)


def test_the_second_reading_sees_what_the_first_does_not() -> None:
    spec = broken("deploymentSpec", "executors", "exec-work", "container", "imagee", value="x")
    json_format.ParseDict(spec, messages.PipelineSpec(), ignore_unknown_fields=False)
    with pytest.raises(json_format.ParseError, match="imagee"):
        judge(spec)
