"""The backends that check and do not run yet: settings, machines, refusals."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from kfbridge import api, dsl, plugins
from kfbridge.backends.images import mapped
from kfbridge.dsl import Artifact, Dataset, Input
from kfbridge.errors import BackendError, RequestError
from kfbridge.findings import Finding, Level
from kfbridge.target import example_target
from tests.plan.asking import ASKING, asking, graph_of, read, with_platform, work
from tests.plan.checked import backend, refused, target

PROVIDERS = ("k8s", "vertex", "sagemaker", "azureml")
CHECKING = ("sagemaker", "azureml")


def said(name: str, function: Any, feature: str, **settings: Any) -> list[Finding]:
    found = backend(name, **settings).check(graph_of(function), {})
    return [one for one in found if one.feature == feature and one.level is Level.REFUSED]


@pytest.mark.parametrize("name", CHECKING)
def test_a_plan_refuses_the_translation_and_says_the_rest(name: str) -> None:
    plan = backend(name).plan(asking("accelerator"), {}, "")
    first, *others = plan.findings
    assert (first.feature, first.level) == ("translation", Level.REFUSED)
    assert first.reason.endswith("but does not translate yet")
    assert refused(tuple(others)) == []
    assert plan.documents == {}
    assert plan.machines["work"]["machine"]


@pytest.mark.parametrize("name", CHECKING)
def test_running_is_refused_with_the_remedy(name: str) -> None:
    one = backend(name)
    for call in (
        lambda: one.submit(one.plan(asking("cache"), {}, "")),
        lambda: one.run("a"),
        lambda: one.resume("a"),
        lambda: one.runs(),
    ):
        with pytest.raises(BackendError, match="yet; it checks pipelines for it") as caught:
            call()
        assert caught.value.remedy == "Use the target local, or update kfbridge."


@pytest.mark.parametrize("name", CHECKING)
def test_what_is_at_hand_says_that_it_checks_only(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    [entry] = [one for one in api.backends() if one.name == name]
    assert entry.checks_only
    first, *_ = [one for one in api.doctor(target=target(name)) if not one.subject.startswith("module")]
    assert (first.subject, first.ok) == ("runs", False)
    assert first.said.endswith("and does not run them")


# Settings -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PROVIDERS)
def test_every_setting_says_what_it_is_and_examples_make_a_target(name: str) -> None:
    model = plugins.backend(name).Config
    assert all(field.description for key, field in model.model_fields.items() if key != "backend")
    assert example_target(name, model, Path()).config.backend == name


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("vertex", {"artifact_root": "s3://bucket"}, "artifact_root"),
        ("vertex", {"location": "Frankfurt"}, "location"),
        ("vertex", {"labels": {"Team": "a"}}, "labels"),
        (
            "vertex",
            {"network": "projects/1/global/networks/n", "psc_network_attachment": "a"},
            "excludes psc_network_attachment",
        ),
        ("sagemaker", {"role_arn": "ml"}, "role_arn"),
        ("sagemaker", {"subnets": ["subnet-1"]}, "half a VPC"),
        ("sagemaker", {"cache_expiry": "a month"}, "cache_expiry"),
        ("azureml", {"subscription_id": "mine"}, "subscription_id"),
        ("azureml", {"managed_identity": "me"}, 'needs identity = "managed"'),
        ("azureml", {"instance_types": {"cpu": "small"}}, "name it in compute"),
        ("k8s", {"artifact_root": "/data"}, "artifact_root"),
        ("k8s", {"namespace": "Not A Name"}, "namespace"),
        ("k8s", {"flavour": "openshift"}, "flavour"),
        ("k8s", {"password": "x"}, "password"),
    ],
)
def test_a_setting_that_cannot_be_is_refused(name: str, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        target(name, **settings)


def test_no_setting_of_any_backend_is_a_secret() -> None:
    for name, cls in plugins.backends().items():
        for key in cls.Config.model_fields:
            assert not {"password", "token", "key_id", "access_key", "credentials"} & {key}, (name, key)


# Images ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("image", "pulled"),
    [
        ("python:3.11", "mine/python:3.11"),
        ("docker.io/library/redis:7", "mirror/redis:7"),
        ("busybox", "all/busybox"),
        ("a[b]:1", "brackets"),
    ],
)
def test_the_first_pattern_that_fits_counts(image: str, pulled: str) -> None:
    images = {"python:3.11": "mine/python:3.11", "docker.io/library/*": "mirror/*", "a[b]:*": "brackets", "*": "all/*"}
    assert mapped(image, images) == pulled


def test_without_a_pattern_the_image_stays() -> None:
    assert mapped("busybox", {"python:*": "mine"}) == "busybox"


def test_sagemaker_refuses_an_image_that_is_not_in_ecr() -> None:
    [finding] = said("sagemaker", ASKING["container"], "image", images={})
    assert finding.task == "shout"
    assert finding.reason == "its image busybox is not in ECR, from which alone SageMaker jobs pull"
    ecr = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/busybox:1"
    assert said("sagemaker", ASKING["container"], "image", images={"busybox": ecr}) == []


def test_sagemaker_cannot_fetch_output_parameters_of_an_unknown_entrypoint() -> None:
    @dsl.container_component
    def silent(number: dsl.OutputPath(int)):  # type: ignore[valid-type]
        return dsl.ContainerSpec(image="busybox", args=[number])

    [finding] = said("sagemaker", lambda: silent() and None, "container_entrypoint")
    assert "nothing can bring its output parameters to S3" in finding.reason
    assert said("sagemaker", ASKING["container_entrypoint"], "container_entrypoint") == []


def test_sagemaker_counts_the_iterations_of_a_foreach_itself() -> None:
    @dsl.component
    def some() -> list[int]:
        return []

    def pipeline() -> None:
        with dsl.ParallelFor(some().output, parallelism=2) as x:
            work(x=x)

    found = backend("sagemaker").check(graph_of(pipeline), {})
    assert [one.reason for one in found if one.feature == "loop_parallelism"] == ["MaxConcurrency of the ForEach step"]


# Data -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "uri", "fine"),
    [
        ("sagemaker", "s3://bucket/data", True),
        ("sagemaker", "gs://bucket/data", False),
        ("azureml", "azureml:data:1", True),
        ("azureml", "https://example.org/data.csv", True),
        ("azureml", "s3://bucket/data", False),
        ("vertex", "gs://bucket/data", True),
    ],
)
def test_data_are_imported_from_where_the_platform_reaches(name: str, uri: str, fine: bool) -> None:
    def constant() -> None:
        dsl.importer(artifact_uri=uri, artifact_class=Artifact)

    def argument(uri: str = uri) -> None:
        dsl.importer(artifact_uri=uri, artifact_class=Artifact)

    assert (said(name, constant, "importer") == []) is fine
    assert (said(name, argument, "importer") == []) is fine


def test_artifacts_as_arguments_are_looked_at_too() -> None:
    def pipeline(data: Input[Dataset]) -> None:
        read(data=data)

    graph = graph_of(pipeline)
    assert refused(backend("sagemaker").check(graph, {"data": "gs://bucket/a"})) == ["pipeline_artifact_input"]
    assert refused(backend("sagemaker").check(graph, {"data": "s3://bucket/a"})) == []


# Machines -------------------------------------------------------------------------------------------


def test_a_step_for_which_there_is_no_machine_is_refused_with_the_nearest() -> None:
    def pipeline() -> None:
        work().set_accelerator("H100-80GB", 64)

    for name in ("vertex", "sagemaker", "azureml"):
        [finding] = said(name, pipeline, "accelerator")
        assert finding.task == "work"
        assert finding.remedy


def test_an_amount_that_cannot_be_read_is_refused_and_not_raised() -> None:
    graph = with_platform("kfbridge", accelerator={"name": "H1000", "count": 1})
    [finding] = [one for one in backend("vertex").check(graph, {}) if one.level is Level.REFUSED]
    assert "H1000" in finding.reason


def test_a_machine_that_the_target_names_and_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(RequestError, match="no-such-machine"):
        backend("vertex", machines={"cpu": "no-such-machine"}).check(asking("cache"), {})


def test_amounts_are_followed_to_the_arguments() -> None:
    def pipeline(memory: str = "1Gi") -> None:
        work().set_memory_limit(memory)

    graph = graph_of(pipeline)
    plans = [backend("sagemaker").plan(graph, {"memory": memory}, "") for memory in ("1Gi", "200Gi")]
    small, large = (plan.machines["work"]["size"]["memory_gib"] for plan in plans)
    assert small < 200 <= large


def test_on_a_cluster_of_its_own_size_no_machine_is_chosen() -> None:
    plan = backend("azureml", compute="my-cluster").plan(asking("accelerator"), {}, "")
    assert plan.machines == {}


def test_a_target_imports_no_other_backend() -> None:
    """Every command of a user of this machine would pay for them."""
    program = "import sys; from kfbridge import plugins; plugins.backend('local'); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    others = [name for name in PROVIDERS if f"kfbridge.backends.{name}.backend" in done.stdout.split()]
    assert others == []
