"""How attempts end on a real cluster, told apart in the words of whoever ended them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kfbridge import api, dsl
from kfbridge.backends.base import RunStatus, TaskStatus
from kfbridge.backends.k8s.manifest import manifest_text
from kfbridge.errors import RunError, StorageError
from tests.backends.k8s.room import PYTHON, Room, advertise
from tests.backends.k8s.steps import chain, mark, raise_it, shell, take_memory, wait_for_release

pytestmark = [pytest.mark.cluster, pytest.mark.slow]

Run = Callable[..., RunStatus]


@pytest.fixture
def run(room: Room, tmp_path: Path) -> Run:
    """Runs a pipeline to its end; keywords are settings of the target."""

    def run(pipeline: Any, arguments: dict[str, Any] | None = None, **settings: Any) -> RunStatus:
        target = room.target(tmp_path, **{"folder": "outcomes", "cache": False, **settings})
        return api.run(pipeline, arguments or {}, target=target).wait()

    return run


def only(status: RunStatus, name: str = "") -> TaskStatus:
    """The one step of a run, or the one of that name."""
    (task,) = [one for one in status.tasks if not one.group and name in ("", one.name)]
    return task


def test_an_exception_is_told_with_the_line_that_raised_it(run: Run) -> None:
    @dsl.pipeline
    def failing() -> None:
        raise_it(message="no such column: age")

    task = only(run(failing))
    assert task.state == "failed"
    assert task.error is not None
    assert task.error.startswith("ValueError: no such column: age (at `raise ValueError(message)`, line ")
    assert "its output: kfbridge logs failing-" in task.error


def test_an_exit_code_is_told_with_the_last_line(run: Run) -> None:
    @dsl.pipeline
    def failing() -> None:
        shell(script="echo looking; sleep 0.5; echo nothing found >&2; exit 7")

    assert str(only(run(failing)).error).startswith("step shell ended with exit code 7: nothing found")


def test_memory_over_the_limit(run: Run) -> None:
    @dsl.pipeline
    def hungry() -> None:
        take_memory(megabytes=200).set_memory_limit("64Mi")

    assert "out of memory: it used more than its limit of 64Mi" in str(only(run(hungry)).error)


def test_a_timeout(run: Run) -> None:
    @dsl.pipeline
    def slow() -> None:
        shell(script="sleep 60").set_timeout("3s")

    assert str(only(run(slow)).error).startswith("it took longer than its timeout of 3 s")


def test_an_image_that_cannot_be_pulled(run: Run) -> None:
    @dsl.pipeline
    def unknown() -> None:
        shell(script="true")

    images = {"*": "kfbridge-test/there-is-none:1"}
    error = str(only(run(unknown, images=images, image_seconds=3, image_pull_policy="Never")).error)
    assert error.startswith("its image kfbridge-test/there-is-none:1 cannot be pulled: ")
    assert error.endswith("(for 3 s)")


def test_a_name_of_an_image_that_is_none(run: Run) -> None:
    @dsl.pipeline
    def unknown() -> None:
        shell(script="true").set_retry(3, backoff_duration="0s")

    task = only(run(unknown, images={"*": "Not A Name"}))
    assert (task.error, task.attempts) == ("'Not A Name' is no name of an image", 1)


def test_what_no_node_has_is_told_at_once_and_fails_in_the_end(room: Room, tmp_path: Path) -> None:
    @dsl.pipeline
    def greedy() -> None:
        shell(script="true").set_cpu_request("900")

    target = room.target(tmp_path, folder="outcomes", waiting_seconds=8)
    told: list[tuple[float, str]] = []
    begin = time.monotonic()

    def listen(status: RunStatus) -> None:
        told.extend((time.monotonic() - begin, str(one.error)) for one in status.tasks if one.error)

    status = api.run(greedy, target=target).wait(listen)
    first, words = next(entry for entry in told if entry[1].startswith("no node takes its pod"))
    assert "Insufficient cpu" in words
    assert first < 8
    assert str(only(status).error).endswith("(for 8 s)")


def test_what_the_cluster_does_not_admit_is_not_tried_again(run: Run, room: Room) -> None:
    @dsl.pipeline
    def large() -> None:
        shell(script="true").set_memory_limit("3Ti").set_retry(3, backoff_duration="0s")

    limits = {"limits": [{"type": "Container", "max": {"memory": "1Ti"}}]}
    document = {"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "largest"}, "spec": limits}
    room.cluster.call("apply", "--filename=-", text=manifest_text([document]))
    task = only(run(large))
    room.cluster.call("delete", "limitrange", "largest")
    assert task.attempts == 1
    assert str(task.error).startswith("the cluster does not admit its pod: maximum memory usage per Container is 1Ti")


def test_a_quota_that_can_never_be_met(run: Run, room: Room) -> None:
    @dsl.pipeline
    def wide() -> None:
        shell(script="true").set_cpu_request("64").set_memory_limit("1Gi")

    hard = {"hard": {"requests.cpu": "48"}}
    document = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "small"}, "spec": hard}
    with_requests = {"limits": [{"type": "Container", "defaultRequest": {"cpu": "1m"}}]}
    defaults = {"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "defaults"}, "spec": with_requests}
    room.cluster.call("apply", "--filename=-", text=manifest_text([document, defaults]))
    time.sleep(2)  # until the quota's controller has counted
    task = only(run(wide))
    room.cluster.call("delete", "resourcequota/small", "limitrange/defaults")
    assert str(task.error).startswith("it asks for more than the quota of the namespace allows at all: exceeded quota")


def test_a_pod_that_is_taken_away_is_no_attempt(room: Room, tmp_path: Path) -> None:
    @dsl.pipeline
    def drained(scratch: str) -> str:
        return wait_for_release(scratch=scratch, name="once").output

    target = room.target(tmp_path)
    scratch = room.scratch(target)
    run = api.run(drained, {"scratch": scratch}, target=target)
    pod = running_pod(room, run.run_id)
    evict(room, pod)
    room.until(lambda: room.lines(target, "once") == 2, "the step did not begin again")
    names = ("get", "pods", "--output=name")
    room.until(lambda: f"pod/{pod}" not in room.cluster.call(*names).split(), "the first pod is still there")
    room.release(target)
    status = run.wait()
    assert (status.state, status.outputs) == ("succeeded", {"Output": "once"})
    records = api.detail(run.run_id, target=target).tasks
    assert [(one.state, one.attempt) for one in records[0].attempts] == [("lost", 1), ("succeeded", 2)]
    assert "its pod was deleted" in str(records[0].attempts[0].error)


@pytest.fixture
def low(room: Room) -> Iterator[str]:
    """A priority class below everybody else's; skipped where none can be made."""
    name = f"{room.cluster.namespace}-low"
    document = {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": name}, "value": -10}
    room.cluster.call("apply", "--filename=-", text=manifest_text([document]))
    yield name
    room.cluster.call("delete", "priorityclass", name)


def test_a_step_that_is_preempted_is_no_attempt(room: Room, tmp_path: Path, low: str) -> None:
    slot = {"limits": {"kfbridge.dev/slot": "1"}}
    advertise(room, "kfbridge.dev/slot")

    @dsl.pipeline
    def preempted(scratch: str) -> str:
        task = wait_for_release(scratch=scratch, name="once")
        main = {"name": "main", "resources": slot}
        task.set_native("k8s", {"spec": {"template": {"spec": {"containers": [main]}}}})
        return task.output

    target = room.target(tmp_path, priority_class=low)
    run = api.run(preempted, {"scratch": room.scratch(target)}, target=target)
    first = running_pod(room, run.run_id)
    command = {"command": ["sleep", "3"], "resources": slot}
    container = {"name": "main", "image": PYTHON, "imagePullPolicy": "IfNotPresent", **command}
    spec = {"restartPolicy": "Never", "containers": [container]}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "important"}, "spec": spec}
    room.cluster.call("create", "--filename=-", text=manifest_text([pod]))
    room.until(lambda: room.lines(target, "once") == 2, "the step did not begin again")
    assert running_pod(room, run.run_id) != first
    room.release(target)
    assert run.wait().state == "succeeded"
    attempts = api.detail(run.run_id, target=target).tasks[0].attempts
    assert [(one.state, one.attempt) for one in attempts] == [("lost", 1), ("succeeded", 2)]
    assert "preempted" in str(attempts[0].error)


def test_a_claim_that_is_closed_is_told_by_the_driver_and_here(room: Room, tmp_path: Path) -> None:
    room.claim("closed", mode="0700")
    target = room.target(tmp_path, artifact_root="pvc://closed/runs", driver="cluster")
    with pytest.raises(StorageError, match="Permission denied") as told:
        api.run(chain, {"scratch": "/"}, target=target, run_id="shut").wait()
    assert "chgrp 65532 FOLDER && chmod 2775 FOLDER" in str(told.value.remedy)
    said = "error: The artifact root pvc://closed/runs cannot be written by the driver"
    words = "--output=jsonpath={.items[*].status.containerStatuses[*].state.terminated.message}"
    pods = ("get", "pods", "--selector=kfbridge.dev/drives=shut", words)
    room.until(lambda: said in room.cluster.call(*pods), "the driver has not said it")
    room.cluster.call("delete", "jobs", "--selector=kfbridge.dev/drives=shut")


def test_a_run_whose_name_is_taken_does_not_begin(room: Room, tmp_path: Path) -> None:
    @dsl.pipeline
    def small() -> None:
        shell(script="true")

    target = room.target(tmp_path, driver="cluster")
    assert api.run(small, target=target, run_id="taken").wait().state == "succeeded"
    room.cluster.call("delete", "jobs", "--selector=kfbridge.dev/drives=taken")  # its time was over
    with pytest.raises(RunError, match="The run did not begin: There is a run called 'taken' already") as told:
        api.run(small, target=target, run_id="taken").wait()
    assert "kfbridge resume taken" in str(told.value.remedy)
    assert room.cluster.call("get", "jobs", "--selector=kfbridge.dev/drives=taken", "--no-headers") == ""
    assert api.status("taken", target=target).state == "succeeded"


def test_nothing_of_a_cancelled_run_is_left(room: Room, tmp_path: Path) -> None:
    @dsl.pipeline
    def endless() -> None:
        for number in range(3):
            shell(script=f"echo begun {number}; trap '' TERM; while true; do sleep 1; done")

    target = room.target(tmp_path, folder="outcomes", driver="cluster")
    run = api.run(endless, target=target)
    for _ in range(3):
        running_pod(room, run.run_id)
    time.sleep(2)
    run.cancel()
    everything = "jobs,pods,configmaps"

    def left() -> str:
        names = [f"--selector=kfbridge.dev/{label}={run.run_id}" for label in ("run", "drives")]
        return "".join(room.cluster.call("get", everything, one, "--no-headers") for one in names)

    room.until(lambda: left() == "", "something is left after 10 s", seconds=10)
    assert run.wait().state == "cancelled"
    assert {one.error for one in run.status().tasks} == {"the run was cancelled"}


def test_logs_are_followed_while_a_step_runs_and_kept_when_its_pod_has_gone(room: Room, tmp_path: Path) -> None:
    @dsl.pipeline
    def talking(scratch: str) -> None:
        mark(scratch=scratch, name="a", seconds=3.0)

    target = room.target(tmp_path, folder="outcomes")
    run = api.run(talking, {"scratch": room.scratch(target)}, target=target)
    lines = [(key, line) for key, line in run.logs(follow=True)]
    assert lines == [("mark", "begun a"), ("mark", "done a")]
    assert run.wait().state == "succeeded"
    room.cluster.call("delete", "jobs", f"--selector=kfbridge.dev/run={run.run_id}", "--wait=true")
    assert list(api.logs(run.run_id, target=target)) == lines


def running_pod(room: Room, run_id: str) -> str:
    """The name of a pod of the run whose step runs."""
    found: list[str] = []

    def look() -> bool:
        answer = json.loads(room.cluster.call("get", "pods", f"--selector=kfbridge.dev/run={run_id}", "--output=json"))
        pods = [one for one in answer["items"] if one["status"]["phase"] == "Running"]
        found[:] = [one["metadata"]["name"] for one in pods]
        return bool(found)

    room.until(look, "no step runs")
    return found[0]


def evict(room: Room, pod: str) -> None:
    """Ask the API for the pod's eviction, as draining its node does."""
    body = {"apiVersion": "policy/v1beta1", "kind": "Eviction", "metadata": {"name": pod}}
    if room.cluster.version >= (1, 22):
        body["apiVersion"] = "policy/v1"
    path = f"/api/v1/namespaces/{room.cluster.namespace}/pods/{pod}/eviction"
    room.cluster.call("create", "--raw", path, "--filename=-", text=json.dumps(body))
