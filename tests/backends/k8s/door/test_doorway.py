"""What a door is on the cluster, and how its troubles are told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from kfbridge.backends.k8s.config import Config
from kfbridge.backends.k8s.door import hindrance
from kfbridge.backends.k8s.door.doorway import RULES, Doorway, Terms
from kfbridge.backends.k8s.root import MOUNT, ClaimRoot
from kfbridge.errors import StorageError


def doorway(**more: Any) -> Doorway:
    config = Config(**{"artifact_root": "pvc://claim/team/runs", "runtime_image": "registry/kfbridge:1", **more})
    return Doorway(config, "ml", ClaimRoot("claim", "team/runs"), Terms())


def pod_of(made: Doorway) -> dict[str, Any]:
    found: dict[str, Any] = made.job(1)["spec"]["template"]["spec"]
    return found


def test_a_door_is_a_job_that_ends() -> None:
    job = doorway(labels={"team": "x"}).job(3)
    assert job["metadata"]["name"].startswith("kfb-door-claim-team-runs-") and job["metadata"]["name"].endswith("-3")
    assert job["metadata"]["namespace"] == "ml"
    assert {key: job["spec"][key] for key in ("backoffLimit", "activeDeadlineSeconds", "ttlSecondsAfterFinished")} == {
        "backoffLimit": 0,
        "activeDeadlineSeconds": 3600,
        "ttlSecondsAfterFinished": 300,
    }
    labels = job["spec"]["template"]["metadata"]["labels"]
    assert labels == job["metadata"]["labels"]
    assert labels["team"] == "x" and labels["app.kubernetes.io/managed-by"] == "kfbridge"
    assert job["metadata"]["name"] == f"kfb-door-{labels['kfbridge.dev/door']}-3"
    (main,) = pod_of(doorway())["containers"]
    assert main["command"][:3] == ["python3", "-m", "kfbridge.backends.k8s.door.porter"]
    assert main["command"][-1] == "--idle=300"


def test_a_door_is_restricted_and_of_the_group() -> None:
    pod = pod_of(doorway(run_as_user=1234, fs_group=77))
    assert pod["securityContext"] == {
        "seccompProfile": {"type": "RuntimeDefault"},
        "fsGroup": 77,
        "fsGroupChangePolicy": "OnRootMismatch",
    }
    assert pod["containers"][0]["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "runAsNonRoot": True,
        "runAsUser": 1234,
        "runAsGroup": 77,
    }
    assert pod["automountServiceAccountToken"] is False
    free = pod_of(doorway(fs_group=0, pod_security="baseline"))
    assert free["securityContext"] == {"seccompProfile": {"type": "RuntimeDefault"}}
    assert "runAsGroup" not in free["containers"][0]["securityContext"]


def test_a_door_goes_where_the_target_says() -> None:
    toleration = {"key": "cpu", "operator": "Exists"}
    pod = pod_of(
        doorway(
            image_pull_policy="Always", image_pull_secrets=("pull",), node_selector={"pool": "cpu"},
            tolerations=(toleration,), service_account="steps", priority_class="high",
        )
    )  # fmt: skip
    assert pod["containers"][0]["imagePullPolicy"] == "Always"
    assert pod["imagePullSecrets"] == [{"name": "pull"}] and pod["tolerations"] == [toleration]
    assert "pool" in str(pod["affinity"] if "affinity" in pod else pod["nodeSelector"])
    assert (pod["serviceAccountName"], pod["priorityClassName"]) == ("steps", "high")
    mounts = {one["mountPath"]: one for one in pod["containers"][0]["volumeMounts"]}
    assert mounts[MOUNT]["subPath"] == "team/runs"


def test_who_asks_for_the_same_shares_a_door(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "ann")
    made = doorway()
    assert made.key == doorway().key
    others = [
        doorway(runtime_image="registry/kfbridge:2"),
        doorway(run_as_user=7),
        doorway(labels={"team": "x"}),
        replace(made, root=ClaimRoot("claim", "team-runs")),
        replace(made, terms=Terms(idle=1.0)),
    ]
    monkeypatch.setenv("LOGNAME", "bob")
    keys = {made.key, *(one.key for one in others)}
    assert len(keys) == 6
    monkeypatch.setenv("LOGNAME", "ann")
    assert made.key not in keys


def test_names_fit() -> None:
    long = replace(doorway(), root=ClaimRoot("c" * 200, "F_" * 100))
    assert len(long.job(100)["metadata"]["name"]) <= 57
    assert len(long.key) <= 63


def test_a_target_without_an_image_is_told_so() -> None:
    with pytest.raises(StorageError, match="'claim' is reached by a pod, and the target names no image") as raised:
        doorway(runtime_image=None).job(1)
    assert raised.value.where == "pvc://claim/team/runs"
    assert raised.value.remedy == "Set runtime_image in kfbridge.toml to an image that has kfbridge."


def test_the_rights_are_few() -> None:
    assert {resource for _, resources, _ in RULES for resource in resources} == {"jobs", "pods", "pods/exec"}
    assert not {verb for _, _, verbs in RULES for verb in verbs} & {"*", "update", "patch", "deletecollection"}


def status(**fields: Any) -> dict[str, Any]:
    return {"metadata": {}, "status": fields}


def terminated(code: int, **more: Any) -> dict[str, Any]:
    return status(phase="Failed", containerStatuses=[{"state": {"terminated": {"exitCode": code, **more}}}])


def test_what_a_pod_waits_for_is_told_in_the_cluster_s_words() -> None:
    said = 'persistentvolumeclaim "claim" not found'
    unscheduled = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}
    found = hindrance.of_pod(status(conditions=[{**unscheduled, "message": said}]))
    assert found is not None and found.claim_missing and found.doubtful and found.reason == said
    found = hindrance.of_pod(status(conditions=[{**unscheduled, "message": "0/3 nodes are available."}]))
    assert found is not None and not found.doubtful and found.reason == "0/3 nodes are available"
    waiting = {"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling image"}}
    found = hindrance.of_pod(status(containerStatuses=[{"state": waiting}]))
    assert found is not None and found.doubtful and "runtime_image" in found.remedy
    assert found.reason == "ImagePullBackOff: Back-off pulling image"
    coming = {"waiting": {"reason": "ContainerCreating"}}
    assert hindrance.of_pod(status(containerStatuses=[{"state": coming}])) is None


def test_only_a_program_that_fails_by_itself_is_given_up() -> None:
    found = hindrance.of_failed(terminated(1, message="No module named kfbridge\n"))
    assert found is not None and found.reason == "its program ended with exit code 1: No module named kfbridge"
    assert hindrance.of_failed(terminated(137)) is None
    assert hindrance.of_failed({**terminated(1), "metadata": {"deletionTimestamp": "now"}}) is None
    assert hindrance.of_failed(status(phase="Failed", reason="Evicted")) is None


def test_events_that_keep_nothing_from_starting_are_passed_over() -> None:
    mount = {"type": "Warning", "reason": "FailedMount", "message": "no such volume.", "lastTimestamp": "1"}
    noise = {"type": "Warning", "reason": "MissingClusterDNS", "message": "falling back", "lastTimestamp": "2"}
    found = hindrance.of_events([mount, noise])
    assert found is not None and found.reason == "FailedMount: no such volume"
    assert hindrance.of_events([noise, {"type": "Normal", "reason": "FailedMount"}]) is None
