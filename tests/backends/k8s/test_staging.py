"""A root on a claim is mounted; a bucket is staged, with Kubernetes itself keeping the order."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from kfbridge.backends.k8s.job import attempt_documents
from kfbridge.backends.k8s.layout import PodLayout, folders_of, path_of
from kfbridge.backends.k8s.root import BucketRoot, ClaimRoot, artifact_root
from kfbridge.engine.events import Artifact
from kfbridge.engine.runner import TaskInvocation
from kfbridge.errors import BackendError
from kfbridge.graph.model import ArtifactPort, ParameterPort, ParameterType, Ports
from kfbridge.runtime.artifacts import to_path
from tests.backends.k8s.pods import invocation, job, line_of, main, setting


def step(*uris: str, key: str = "loop[2]/train", attempt: int = 1) -> TaskInvocation:
    """A step that reads artifacts, and writes one and a number."""
    outputs = Ports({"score": ParameterPort(ParameterType.NUMBER_DOUBLE)}, {"model": ArtifactPort("system.Model")})
    read = {f"in{number}": [Artifact("data", "system.Dataset", uri)] for number, uri in enumerate(uris)}
    ports = Ports({}, {name: ArtifactPort("system.Dataset") for name in read})
    return replace(invocation(key=key, attempt=attempt), artifacts=read, inputs=ports, outputs=outputs)


def outputs(made: dict[str, Any]) -> tuple[str, str, str]:
    out = made["outputs"]
    artifact = out["artifacts"]["model"]["artifacts"][0]["uri"]
    return artifact, out["parameters"]["score"]["outputFile"], out["outputFile"]


def test_roots_are_read() -> None:
    assert artifact_root("pvc://claim/some/runs/") == ClaimRoot("claim", "some/runs")
    assert artifact_root("pvc://claim") == ClaimRoot("claim")
    assert artifact_root("s3://bucket/runs/") == BucketRoot("s3://bucket/runs")


def test_on_a_claim_uris_are_paths_that_every_pod_sees() -> None:
    made = PodLayout(step(), artifact_root("pvc://claim/runs")).executor_input()
    assert outputs(made) == (
        "/kfbridge/root/run-1/artifacts/loop@2/train/model",
        "/kfbridge/root/run-1/tasks/loop@2/train/1/outputs/score",
        "/kfbridge/root/run-1/tasks/loop@2/train/1/executor_output.json",
    )


def test_a_second_attempt_writes_elsewhere() -> None:
    made = PodLayout(step(attempt=2), artifact_root("s3://bucket/runs")).executor_input()
    assert outputs(made)[0] == "s3://bucket/runs/run-1/artifacts/loop@2/train/@2/model"


def test_in_a_bucket_uris_are_the_buckets_and_the_rest_is_the_pods() -> None:
    made = PodLayout(step(), artifact_root("s3://bucket/runs")).executor_input()
    assert outputs(made) == (
        "s3://bucket/runs/run-1/artifacts/loop@2/train/model",
        "/kfbridge/work/outputs/score",
        "/kfbridge/work/executor_output.json",
    )


def test_stores_that_the_runtime_does_not_know_say_where_data_lie() -> None:
    uri = "abfss://c@a.dfs.core.windows.net/runs"
    made = PodLayout(step(f"{uri}/x", "gs://b/y", "/plain"), artifact_root(uri)).executor_input()
    place = "/kfbridge/files/abfss/c@a.dfs.core.windows.net/runs"
    assert made["outputs"]["artifacts"]["model"]["artifacts"][0]["custom_path"].startswith(f"{place}/run-1/")
    read = {name: found["artifacts"][0].get("custom_path") for name, found in made["inputs"]["artifacts"].items()}
    assert read == {"in0": f"{place}/x", "in1": None, "in2": None}
    assert path_of("gs://b/y") == to_path("gs://b/y") == "/gcs/b/y"


def test_a_claim_is_mounted_and_nothing_is_staged() -> None:
    found = job(step())["spec"]["template"]["spec"]
    assert [one["name"] for one in found["containers"]] == ["main"]
    assert "initContainers" not in found
    assert {"name": "kfbridge-root", "mountPath": "/kfbridge/root", "subPath": "runs"} in main(found)["volumeMounts"]
    assert {"name": "kfbridge-root", "persistentVolumeClaim": {"claimName": "artifacts"}} in found["volumes"]


def test_in_a_bucket_the_step_runs_between_two_copies() -> None:
    prepare = {"initContainers": [{"name": "prepare", "image": "busybox:1.36"}]}
    staged = replace(step("gs://other/data"), platforms={"kubernetes": prepare})
    found = job(staged, setting("s3://bucket/runs"))["spec"]["template"]["spec"]
    assert [one["name"] for one in found["initContainers"]] == ["stage-in", "prepare", "main"]
    assert [one["name"] for one in found["containers"]] == ["stage-out"]
    places = {one["mountPath"] for one in main(found)["volumeMounts"]}
    assert (
        places
        == {"/s3", "/gcs", "/kfbridge/work"}
        == set(folders_of(BucketRoot("s3://b"), staged)) | {"/kfbridge/work"}
    )
    for name, where in (("stage-in", "initContainers"), ("stage-out", "containers")):
        copying = next(one for one in found[where] if one["name"] == name)
        assert {one["mountPath"] for one in copying["volumeMounts"]} == places
        assert copying["securityContext"]["runAsUser"] == 65532


def test_native_settings_speak_of_the_same_pod_wherever_the_root_is() -> None:
    native = {"spec": {"template": {"spec": {"containers": [{"name": "main", "tty": True}]}}}}
    for root in ("pvc://claim/runs", "gs://bucket/runs"):
        found = job(invocation(kfbridge={"native": {"k8s": native}}), setting(root))["spec"]["template"]["spec"]
        assert main(found)["tty"] is True


def test_a_container_beside_the_step_cannot_be_staged() -> None:
    native = {"spec": {"template": {"spec": {"containers": [{"name": "proxy", "image": "p:1"}]}}}}
    with pytest.raises(BackendError, match="its pod has the container 'proxy' beside 'main'"):
        job(invocation(kfbridge={"native": {"k8s": native}}), setting("gs://bucket/runs"))


def test_a_bucket_needs_an_image_that_copies() -> None:
    made = replace(setting("gs://bucket/runs"), staging=None)
    with pytest.raises(BackendError, match="its artifact root gs://bucket/runs needs an image that copies"):
        attempt_documents(step(), line_of(step(), made), made)
