"""``kfbridge plan`` for Kubernetes: what would be made, as manifests that a server takes."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from kfbridge import api, dsl, kubernetes
from kfbridge.backends.base import Target
from kfbridge.backends.k8s.config import Config
from kfbridge.plan.model import Plan
from tests.backends.k8s.conftest import Cluster
from tests.backends.k8s.steps import shell
from tests.conftest import REPOSITORY


def planned(pipeline: object, **settings: object) -> Plan:
    given = {"artifact_root": "pvc://kfbridge-artifacts/runs", "namespace": "ml", "runtime_image": "kfbridge:1"}
    target = Target("kind", Config.model_validate({**given, **settings}), Path())
    return api.plan(pipeline, target=target)  # type: ignore[arg-type]


def documents(plan: Plan, name: str) -> list[dict[str, object]]:
    return list(yaml.safe_load_all(plan.documents[name]))


@dsl.component
def length(text: str) -> int:
    return len(text)


@dsl.pipeline
def settings(secret: str = "db", cpu: str = "2") -> None:
    made = length(text="x").set_cpu_limit(cpu)
    with dsl.If(made.output == 1):
        user = length(text=str(made.output))
        kubernetes.use_secret_as_env(user, secret_name=secret, secret_key_to_env={"password": "PASSWORD"})
    with dsl.ParallelFor([1, 2]) as item:
        shell(script="true").set_memory_limit(f"{item}Gi")


def test_the_driver_and_every_step_have_a_document() -> None:
    assert sorted(planned(settings).documents) == [
        "arguments.json",
        "manifests.yaml",
        "pipeline.yaml",
        "tasks/condition-1/length-2.yaml",
        "tasks/for-loop-3/shell.yaml",
        "tasks/length.yaml",
    ]


def test_a_driver_in_this_process_has_no_manifest() -> None:
    assert [one["kind"] for one in documents(planned(settings), "manifests.yaml")] == ["Job", "ConfigMap"]
    assert documents(planned(settings, driver="client"), "manifests.yaml") == []


def test_what_is_known_before_the_run_stands_in_a_step_and_the_rest_as_it_is_written() -> None:
    plan = planned(settings)
    (first,) = documents(plan, "tasks/length.yaml")
    container = first["spec"]["template"]["spec"]["containers"][0]  # type: ignore[index]
    assert container["resources"] == {"limits": {"cpu": "2"}}
    assert "{{$}}" in container["args"]
    (second,) = documents(plan, "tasks/condition-1/length-2.yaml")
    variables = second["spec"]["template"]["spec"]["containers"][0]["env"]  # type: ignore[index]
    (password,) = [one for one in variables if one["name"] == "PASSWORD"]
    assert password["valueFrom"]["secretKeyRef"]["name"] == "db"


def test_what_only_the_run_knows_is_left_out_by_name() -> None:
    text = planned(settings).documents["tasks/for-loop-3/shell.yaml"].decode()
    assert "# Only the run will know resources.memory_limit, which is left out here.\n" in text


def test_the_same_plan_is_the_same_bytes() -> None:
    assert planned(settings).documents == planned(settings).documents


def test_a_pipeline_that_is_refused_has_no_documents() -> None:
    @dsl.pipeline
    def wrong() -> None:
        shell(script="true").set_accelerator("H9000", 1)  # type: ignore[attr-defined]

    plan = planned(wrong)
    assert not plan.ok
    assert plan.documents == {}


@pytest.mark.cluster
@pytest.mark.parametrize("example", ["breast_cancer", "two_step"])
def test_a_server_takes_the_plan_of_an_example(example: str, cluster: Cluster) -> None:
    plan = planned(str(REPOSITORY / "examples" / example / "pipeline.py"))
    made = [one for name in plan.documents if name.startswith(("manifests", "tasks/")) for one in documents(plan, name)]
    for one in made:  # names end in a hash of the run's id, which is in capitals in a plan
        assert cluster.judged([one])
