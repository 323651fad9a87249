"""The endings of attempts are told apart; every status here has the form that API servers give."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from kfbridge.backends.k8s.verdict import (
    Cause,
    Failed,
    Lost,
    RootImage,
    Running,
    Seen,
    Succeeded,
    Verdict,
    Waiting,
    judge,
)

LOOK = "its output: kfbridge logs run-1 train"
JOB: Mapping[str, Any] = {"metadata": {"name": "job"}, "spec": {}, "status": {}}


def container(name: str, **state: Any) -> dict[str, Any]:
    return {"name": name, "state": state}


def ended(code: int, reason: str = "Error", message: str = "") -> dict[str, Any]:
    return {"exitCode": code, "reason": reason, "message": message}


def pod(
    phase: str = "Running",
    containers: tuple[dict[str, Any], ...] = (),
    init: tuple[dict[str, Any], ...] = (),
    metadata: Mapping[str, Any] | None = None,
    spec: Mapping[str, Any] | None = None,
    **status: Any,
) -> dict[str, Any]:
    names = [{"name": one["name"], "image": "busybox:1.36"} for one in containers or ({"name": "main"},)]
    return {
        "metadata": {"name": "job-x", "uid": "1", **(metadata or {})},
        "spec": {"containers": names, "initContainers": [{**one, "image": "i"} for one in init], **(spec or {})},
        "status": {
            "phase": phase,
            "containerStatuses": list(containers),
            "initContainerStatuses": list(init),
            **status,
        },
    }  # fmt: skip


def verdict(found: Mapping[str, Any] | None, job: Mapping[str, Any] | None = JOB, **more: Any) -> Verdict:
    return judge(Seen("train", LOOK, job, found, **more))


def failed(found: Mapping[str, Any]) -> Failed:
    result = verdict(found)
    assert isinstance(result, Failed)
    return result


def disrupted(reason: str, message: str) -> dict[str, Any]:
    return {"type": "DisruptionTarget", "status": "True", "reason": reason, "message": message}


def waiting(reason: str, message: str = "") -> dict[str, Any]:
    return {"reason": reason, "message": message}


# What the step did ----------------------------------------------------------------------------------


def test_a_pod_that_succeeded() -> None:
    assert verdict(pod("Succeeded", (container("main", terminated=ended(0, "Completed")),))) == Succeeded()


def test_a_step_that_fails_is_told_with_its_code_and_its_last_line() -> None:
    found = failed(pod("Failed", (container("main", terminated=ended(3, message="loading\nno such column\n")),)))
    assert found == Failed(f"step train ended with exit code 3: no such column\n{LOOK}", 3)


def test_an_exception_of_a_function_is_told_with_its_line() -> None:
    recorded = '{"type": "KeyError", "message": "\'age\'", "line": 7, "text": "row[\'age\']", "function": "train"}'
    found = failed(pod("Failed", (container("main", terminated=ended(1, message=recorded)),)))
    assert found.reason == f"KeyError: 'age' (at `row['age']`, line 7 in train)\n{LOOK}"


def test_memory_that_ran_out_names_the_limit_and_the_remedy() -> None:
    limits = {"containers": [{"name": "main", "image": "i", "resources": {"limits": {"memory": "64Mi"}}}]}
    found = failed(pod("Failed", (container("main", terminated=ended(137, "OOMKilled")),), spec=limits))
    assert found.reason == (
        "step train was killed by signal 9 (SIGKILL), out of memory: it used more than its limit of 64Mi; "
        f"ask for more with set_memory_limit\n{LOOK}"
    )
    assert found.code == 137


def test_a_step_that_a_signal_ends() -> None:
    found = failed(pod("Failed", (container("main", terminated=ended(139)),)))
    assert found.reason.startswith("step train was killed by signal 11 (SIGSEGV), a fault in native code")


def test_a_command_that_is_not_in_the_image() -> None:
    said = 'exec: "trian": executable file not found in $PATH: unknown'
    found = failed(pod("Failed", (container("main", terminated=ended(128, "StartError", said)),)))
    assert found.reason == f"step train could not be started: {said}"


def test_a_timeout() -> None:
    found = failed(pod("Failed", spec={"activeDeadlineSeconds": 60, "containers": []}, reason="DeadlineExceeded"))
    assert found.reason == f"it took longer than its timeout of 60 s\n{LOOK}"


def test_an_init_container_of_the_users() -> None:
    found = failed(
        pod("Failed", (container("main"),), (container("wait-for-db", terminated=ended(1, message="refused")),))
    )
    assert found.reason == "its init container wait-for-db ended with exit code 1: refused"


@pytest.mark.parametrize(
    ("name", "words"),
    [("stage-in", "its inputs could not be brought"), ("stage-out", "its outputs could not be stored")],
)
def test_copying_that_fails(name: str, words: str) -> None:
    said = '{"type": "StorageError", "message": "s3://bucket/x is not there.", "transient": false}'
    found = failed(pod("Failed", (container(name, terminated=ended(1, message=said)),)))
    assert found.reason == f"{words}: s3://bucket/x is not there."


# What the cluster did -------------------------------------------------------------------------------


def test_a_pod_over_its_own_limits_is_evicted_and_that_counts() -> None:
    message = "Pod ephemeral local storage usage exceeds the total limit of containers 1Gi."
    found = failed(pod("Failed", reason="Evicted", message=message))
    assert found.reason == f"its node evicted it: {message}\n{LOOK}"


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (
            {"reason": "Evicted", "message": "The node was low on resource: memory. "},
            "its node evicted it: The node was low on resource: memory.",
        ),
        ({"reason": "NodeShutdown", "message": "shutting down"}, "its node was shut down: shutting down"),
        ({"reason": "Preempting", "message": "for etcd"}, "it was preempted by a critical pod of its node: for etcd"),
        ({"reason": "OutOfcpu", "message": "no cpu"}, "its node had no room left for it (OutOfcpu): no cpu"),
        ({"conditions": [disrupted("PreemptionByScheduler", "p")]}, "it was preempted by a pod of higher priority: p"),
        ({"conditions": [disrupted("EvictionByEvictionAPI", "")]}, "its node was drained"),
    ],
)
def test_what_the_cluster_takes_away_does_not_count(status: dict[str, Any], words: str) -> None:
    result = verdict(pod("Failed", **status))
    assert isinstance(result, Lost)
    assert result.reason == words


def test_a_pod_that_was_deleted_while_it_ran_is_lost_however_its_container_ended() -> None:
    deleted = {"deletionTimestamp": "2026-01-01T00:00:00Z"}
    result = verdict(pod("Failed", (container("main", terminated=ended(143)),), metadata=deleted))
    assert result == Lost("its pod was deleted: preempted, drained from its node, or by somebody's hand")


def test_a_pod_that_was_deleted_but_had_succeeded_has_succeeded() -> None:
    assert verdict(pod("Succeeded", metadata={"deletionTimestamp": "2026-01-01T00:00:00Z"})) == Succeeded()


def test_a_pod_that_is_gone_is_lost() -> None:
    assert isinstance(verdict(pod("Running"), pod_gone=True), Lost)


def test_a_job_that_is_gone_is_lost() -> None:
    assert verdict(None, job_gone=True) == Lost("its Job was deleted")


def test_a_jobs_end_counts_only_once_nothing_more_comes_of_its_pod() -> None:
    over = {**JOB, "status": {"conditions": [{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded"}]}}
    assert verdict(pod("Running", (container("main", running={}),)), over) == Running()
    assert verdict(None, over, settled=True) == Lost("its pod was deleted before its end was seen")


def test_a_time_limit_of_the_job() -> None:
    over = {**JOB, "status": {"conditions": [{"type": "Failed", "status": "True", "reason": "DeadlineExceeded"}]}}
    result = verdict(None, over, settled=True)
    assert isinstance(result, Failed)
    assert result.reason.startswith("it took longer than the time limit of its Job")


# Waiting --------------------------------------------------------------------------------------------


def test_a_pod_that_starts_says_nothing() -> None:
    assert verdict(None) == Waiting(Cause.STARTING)
    assert verdict(pod("Pending", (container("main", waiting=waiting("ContainerCreating")),))) == Waiting(
        Cause.STARTING
    )


def test_a_staged_step_runs_while_its_pod_is_pending() -> None:
    found = pod(
        "Pending", (container("stage-out", waiting=waiting("PodInitializing")),), (container("main", running={}),)
    )
    assert verdict(found) == Running()


def test_no_node_in_the_schedulers_own_words() -> None:
    said = "0/3 nodes are available: 3 Insufficient nvidia.com/gpu."
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": said}
    result = verdict(pod("Pending", conditions=[condition]))
    assert result == Waiting(Cause.PLACE, f"no node takes its pod: {said}")


@pytest.mark.parametrize("reason", ["ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull"])
def test_an_image_that_cannot_be_pulled(reason: str) -> None:
    result = verdict(pod("Pending", (container("main", waiting=waiting(reason, "not found")),)))
    assert result == Waiting(Cause.IMAGE, "its image busybox:1.36 cannot be pulled: not found")


def test_an_image_that_cannot_be_pulled_is_told_in_the_registrys_words() -> None:
    said = 'Failed to pull image "busybox:1.36": rpc error: code = Unknown desc = pull access denied'
    backing_off = waiting("ImagePullBackOff", 'Back-off pulling image "busybox:1.36"')
    result = verdict(pod("Pending", (container("main", waiting=backing_off),)), warnings={"Failed": said})
    assert "cannot be pulled: rpc error: code = Unknown desc = pull access denied" in str(result)


def test_a_name_of_an_image_that_is_none_fails_for_good() -> None:
    result = verdict(pod("Pending", (container("main", waiting=waiting("InvalidImageName")),)))
    assert result == Failed("'busybox:1.36' is no name of an image", terminal=True)


def test_an_image_that_would_run_as_root() -> None:
    message = "container has runAsNonRoot and image will run as root"
    result = verdict(pod("Pending", (container("main", waiting=waiting("CreateContainerConfigError", message)),)))
    assert result == RootImage("busybox:1.36")


def test_a_secret_that_is_not_there() -> None:
    missing = waiting("CreateContainerConfigError", 'secret "s" not found')
    result = verdict(pod("Pending", (container("main", waiting=missing),)))
    assert result == Waiting(Cause.PLACE, 'its container main cannot be made: secret "s" not found')


def test_a_volume_that_does_not_come() -> None:
    warnings = {"FailedMount": 'MountVolume.SetUp failed for volume "s" : secret "s" not found'}
    result = verdict(pod("Pending"), warnings=warnings)
    assert result == Waiting(Cause.PLACE, f"a volume of its pod does not come: {warnings['FailedMount']}")


def test_a_queue_holds_it_back_for_as_long_as_it_likes() -> None:
    result = verdict(None, {**JOB, "spec": {"suspend": True}})
    assert isinstance(result, Waiting)
    assert result.cause is Cause.QUEUED
    gated = verdict(pod("Pending", spec={"containers": [], "schedulingGates": [{"name": "kueue.x-k8s.io/admission"}]}))
    assert isinstance(gated, Waiting)
    assert gated.cause is Cause.QUEUED


QUOTA = 'Error creating: pods "job-abc" is forbidden: exceeded quota: q, requested: {0}, used: {1}, limited: {2}'


def test_a_quota_that_is_used_up_is_waited_for() -> None:
    said = QUOTA.format("pods=1", "pods=2", "pods=2")
    result = verdict(None, warnings={"FailedCreate": said})
    assert result == Waiting(
        Cause.PLACE,
        "the quota of the namespace is used up: exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2",
    )


def test_a_quota_that_is_smaller_than_the_step_fails_it_for_good() -> None:
    said = QUOTA.format("requests.cpu=4,pods=1", "requests.cpu=0,pods=0", "requests.cpu=2,pods=9")
    result = verdict(None, warnings={"FailedCreate": said})
    assert isinstance(result, Failed)
    assert result.terminal
    assert result.reason.startswith("it asks for more than the quota of the namespace allows at all: exceeded quota: q")


@pytest.mark.parametrize(
    "said",
    [
        'Error creating: pods "job-abc" is forbidden: violates PodSecurity "restricted:latest": privileged',
        'Error creating: admission webhook "policy.example.com" denied the request: no latest tags',
    ],
)
def test_what_the_cluster_does_not_admit_fails_for_good(said: str) -> None:
    result = verdict(None, warnings={"FailedCreate": said})
    assert isinstance(result, Failed)
    assert result.terminal
    assert result.reason.startswith("the cluster does not admit its pod: ")
    assert "job-abc" not in result.reason


def test_a_webhook_that_does_not_answer_is_waited_for() -> None:
    said = 'Error creating: Internal error: failed calling webhook "x": connect: connection refused'
    result = verdict(None, warnings={"FailedCreate": said})
    assert isinstance(result, Waiting)
    assert result.cause is Cause.PLACE
