"""A root on a claim is mounted; a bucket is staged, with Kubernetes itself keeping the order."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from kfbridge.backends.k8s.config import Config
from kfbridge.backends.k8s.job import attempt_documents
from kfbridge.backends.k8s.layout import PodLayout, folders_of, path_of
from kfbridge.backends.k8s.root import BucketRoot, ClaimRoot, artifact_root
from kfbridge.backends.k8s.staging import staging_of
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
    places = [one["mountPath"] for one in main(found)["volumeMounts"]]
    assert set(places) == {"/s3", "/gcs", "/minio", "/kfbridge/files", "/kfbridge/work"}
    assert folders_of(["s3://b/x", "gs://b", "az://c/x", "/plain", "file:///x"]) == ["/gcs", "/kfbridge/files", "/s3"]
    for name in ("stage-in", "stage-out"):
        copying = container(found, name)
        assert [one["mountPath"] for one in copying["volumeMounts"]] == places
        assert variables(copying)["KFBRIDGE_FOLDERS"] == ":".join(places)
        assert variables(copying)["KFBRIDGE_ATTEMPT"] == "run-1/tasks/loop@2/train/1"
        assert copying["securityContext"]["runAsUser"] == 65532


def container(pod: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in [*pod["containers"], *pod.get("initContainers", [])] if one["name"] == name)


def variables(container: dict[str, Any]) -> dict[str, str]:
    return {one["name"]: one["value"] for one in container["env"]}


def test_the_steps_own_mounts_stay_and_are_told() -> None:
    mounts = {
        "pvcMount": [{"constant": "claim", "mountPath": "/gcs/data", "pvcNameParameter": {
            "runtimeValue": {"constant": "claim"}}}],
        "emptyDirMounts": [{"volumeName": "scratch", "mountPath": "/scratch"}],
    }  # fmt: skip
    staged = replace(step(), platforms={"kubernetes": mounts})
    made = setting("s3://bucket/runs", workspace="workspace")
    found = job(staged, made)["spec"]["template"]["spec"]
    places = {one["mountPath"] for one in main(found)["volumeMounts"]}
    assert places == {"/s3", "/minio", "/kfbridge/files", "/kfbridge/work", "/gcs/data", "/scratch", "/kfp-workspace"}
    told = variables(container(found, "stage-out"))
    assert set(told["KFBRIDGE_VOLUMES"].split(":")) == {"/gcs/data", "/kfp-workspace"}
    assert "/kfp-workspace" in told["KFBRIDGE_FOLDERS"].split(":")
    assert "/gcs" not in told["KFBRIDGE_FOLDERS"].split(":")


@pytest.mark.parametrize(
    ("own", "config", "expected"),
    [
        ({}, {}, {"runAsUser": 65532, "runAsNonRoot": True}),
        ({"runAsUser": "1234", "runAsGroup": "99"}, {}, {"runAsUser": 1234, "runAsGroup": 99, "runAsNonRoot": True}),
        ({"runAsUser": "0"}, {}, {"runAsUser": 0, "runAsNonRoot": False}),
        ({}, {"pod_security": "baseline"}, {"runAsUser": 0}),
        ({"runAsUser": "1234"}, {"pod_security": "baseline"}, {"runAsUser": 1234}),
    ],
)
def test_copying_runs_as_the_user_who_can_read_what_the_step_writes(
    own: dict[str, Any], config: dict[str, Any], expected: dict[str, Any]
) -> None:
    staged = replace(step(), platforms={"kubernetes": {"securityContext": own}} if own else {})
    found = job(staged, setting("s3://bucket/runs", **config))["spec"]["template"]["spec"]
    for name in ("stage-in", "stage-out"):
        context = container(found, name)["securityContext"]
        users = {key: value for key, value in context.items() if key.startswith("runAs")}
        assert users == expected
        assert ("capabilities" in context) is (config == {})


def test_a_target_says_how_its_store_is_reached() -> None:
    storage = {"endpoint_url": "http://minio:9000", "profile": "mine", "claims": {"a": "/mnt"}, "parallel": 4}
    found = staging_of(
        Config(
            artifact_root="minio://bucket/runs/", runtime_image="example.com/kfbridge:2", storage=storage,
            storage_secrets=("store",),
        )
    )  # fmt: skip
    assert found is not None
    assert found.env["KFBRIDGE_ROOT"] == "minio://bucket/runs"
    assert json.loads(found.env["KFBRIDGE_STORAGE"]) == {"endpoint_url": "http://minio:9000", "parallel": 4}
    assert (found.image, found.secrets) == ("example.com/kfbridge:2", ("store",))
    assert found.stage_in == ("python3", "-m", "kfbridge.backends.k8s.copying", "in")
    pod = job(step(), replace(setting("minio://bucket/runs"), staging=found))["spec"]["template"]["spec"]
    assert container(pod, "stage-in")["envFrom"] == [{"secretRef": {"name": "store"}}]
    assert staging_of(Config(artifact_root="s3://b/r")) is None
    claim = staging_of(Config(artifact_root="pvc://c/r", runtime_image="i:1"))
    assert claim is not None and dict(claim.env) == {}


def reading(staged: TaskInvocation) -> TaskInvocation:
    """The same step, whose command is handed everything."""
    return replace(staged, container=replace(staged.container, args=("{{$}}",)))


def test_on_a_claim_nothing_is_brought_that_the_step_does_not_look_for() -> None:
    assert "initContainers" not in job(step("gs://other/data"))["spec"]["template"]["spec"]


def test_on_a_claim_inputs_from_buckets_are_brought_and_nothing_else() -> None:
    uris = ("gs://other/data", "/kfbridge/root/run-1/artifacts/x", "az://c/y", "https://example.com/z")
    found = job(reading(step(*uris)))["spec"]["template"]["spec"]
    assert [one["name"] for one in found["initContainers"]] == ["stage-in"]
    assert [one["name"] for one in found["containers"]] == ["main"]
    told = variables(container(found, "stage-in"))
    artifacts = json.loads(told["KFBRIDGE_INPUTS"])["inputs"]["artifacts"]
    assert {name: one["artifacts"][0]["uri"] for name, one in artifacts.items()} == {
        "in0": "gs://other/data",
        "in2": "az://c/y",
    }
    assert artifacts["in2"]["artifacts"][0]["custom_path"] == "/kfbridge/files/az/c/y"
    assert told["KFBRIDGE_FOLDERS"] == "/gcs:/kfbridge/files"
    assert "KFBRIDGE_ROOT" not in told and "KFBRIDGE_ATTEMPT" not in told
    assert {"/gcs", "/kfbridge/files", "/kfbridge/root"} == {one["mountPath"] for one in main(found)["volumeMounts"]}


def test_on_a_claim_inputs_from_buckets_need_an_image_and_an_end() -> None:
    made = replace(setting(), staging=None)
    staged = reading(step("gs://other/data"))
    with pytest.raises(BackendError, match="its input gs://other/data needs an image that copies data"):
        attempt_documents(staged, line_of(staged, made), made)
    many = reading(step(*(f"gs://other/{number}" for number in range(2000))))
    with pytest.raises(BackendError, match=r"its inputs from buckets take \d+ characters to name, and a variable"):
        job(many)


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


def copied(*uris: str) -> TaskInvocation:
    """A step that reads what importers want in the workspace, and mounts a claim of its own."""
    staged = step(*uris)
    artifacts = {
        name: [replace(one, custom_path=f"/kfp-workspace/.artifacts/{name}/data") for one in found]
        for name, found in staged.artifacts.items()
    }
    mount = {"constant": "claim", "mountPath": "/data", "pvcNameParameter": {"runtimeValue": {"constant": "claim"}}}
    return replace(staged, artifacts=artifacts, platforms={"kubernetes": {"pvcMount": [mount]}})


@pytest.mark.parametrize("root", ["pvc://artifacts/runs", "s3://bucket/runs"])
def test_what_an_importer_wants_in_the_workspace_is_copied_there_from_wherever_the_step_could_read_it(
    root: str,
) -> None:
    found = job(copied("/data/one", "gs://other/two"), setting(root, workspace="workspace"))
    copying = container(found["spec"]["template"]["spec"], "stage-in")
    mounts = {one["mountPath"]: one.get("readOnly", False) for one in copying["volumeMounts"]}
    read_only = {path for path, is_read_only in mounts.items() if is_read_only}
    assert read_only == ({"/data", "/kfbridge/root"} if root.startswith("pvc") else {"/data"})
    assert mounts["/kfp-workspace"] is False
    assert "/data" not in variables(copying)["KFBRIDGE_FOLDERS"].split(":")
    if root.startswith("pvc"):
        assert set(json.loads(variables(copying)["KFBRIDGE_INPUTS"])["inputs"]["artifacts"]) == {"in0", "in1"}
        assert "/gcs" not in mounts  # nothing lies there that the step looks at
