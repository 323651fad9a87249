"""What the manifests promise, seen on a real cluster: order, data between containers, users, texts, failures.

The image (KFBRIDGE_TEST_IMAGE) has python3 and sh, and is on the nodes already.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass, replace
from typing import Any

import pytest

from kfbridge.backends.k8s.job import attempt_documents
from kfbridge.backends.k8s.manifest import manifest_text
from kfbridge.backends.k8s.pod import Setting
from kfbridge.backends.k8s.staging import Staging
from kfbridge.engine.runner import TaskInvocation
from tests.backends.k8s.conftest import Cluster
from tests.backends.k8s.pods import invocation, line_of, setting

IMAGE = os.environ.get("KFBRIDGE_TEST_IMAGE", "kfbridge-test/python:3.11")
COPY = Staging(
    IMAGE,
    ("sh", "-c", "mkdir -p /s3/bucket && echo brought > /s3/bucket/in && chmod -R a+rwX /s3/bucket"),
    ("sh", "-c", "cat /s3/bucket/out"),
)

pytestmark = [pytest.mark.cluster, pytest.mark.slow]


@dataclass
class Seen:
    """A pod that came to an end, or to a halt."""

    cluster: Cluster
    pod: dict[str, Any]

    @property
    def phase(self) -> str:
        return str(self.pod["status"]["phase"])

    def state(self, name: str) -> dict[str, Any]:
        """The state of a container of that name, wherever it stands."""
        status = self.pod["status"]
        every = [*status.get("initContainerStatuses", []), *status.get("containerStatuses", [])]
        return next(one["state"] for one in every if one["name"] == name)

    def log(self, name: str = "main") -> str:
        return self.cluster.call("logs", self.pod["metadata"]["name"], f"--container={name}")


def see(cluster: Cluster, step: TaskInvocation, made: Setting, name: str) -> Seen:
    """Run an attempt until it ends, or waits with a reason."""
    (job,) = attempt_documents(step, line_of(step, made), made)
    job["metadata"]["name"] = name
    cluster.call("create", "--filename=-", text=manifest_text([cluster.here(job)]))
    until = time.monotonic() + 150
    while time.monotonic() < until:
        pods = json.loads(cluster.call("get", "pods", f"--selector=job-name={name}", "--output=json"))["items"]
        for pod in pods:
            seen = Seen(cluster, pod)
            if seen.phase in ("Succeeded", "Failed") or "CreateContainerConfigError" in json.dumps(pod["status"]):
                return seen
        time.sleep(0.5)
    raise AssertionError(f"{name} has not ended: {pods}")


def shell(script: str, **more: Any) -> TaskInvocation:
    return invocation(image=IMAGE, command=("sh", "-c"), args=(script,), **more)


def bucket(**more: Any) -> Setting:
    return replace(setting("s3://bucket/runs", roots=(IMAGE,), image_pull_policy="Never", **more), staging=COPY)


def test_data_come_in_before_the_step_and_go_out_after_it(cluster: Cluster) -> None:
    script = "sleep 1; cat /s3/bucket/in; echo made > /s3/bucket/out"
    seen = see(cluster, shell(script), bucket(), "staged")
    assert seen.phase == "Succeeded"
    assert (seen.log(), seen.log("stage-out")) == ("brought\n", "made\n")


def test_nothing_goes_out_of_a_step_that_fails(cluster: Cluster) -> None:
    seen = see(cluster, shell("echo sorry; exit 7"), bucket(), "failing")
    assert seen.phase == "Failed"
    assert seen.log() == "sorry\n"
    assert seen.state("main")["terminated"]["exitCode"] == 7
    assert "waiting" in seen.state("stage-out")


def test_memory_that_ran_out_is_told_of_a_staged_step(cluster: Cluster) -> None:
    limited = {"name": "main", "resources": {"limits": {"memory": "64Mi"}}}
    settings = {"k8s": {"spec": {"template": {"spec": {"containers": [limited]}}}}}
    step = replace(shell("python3 -c 'x = bytearray(300 << 20)'"), platforms={"kfbridge": {"native": settings}})
    state = see(cluster, step, bucket(), "hungry").state("main")["terminated"]
    assert (state["reason"], state["exitCode"]) == ("OOMKilled", 137)


def test_a_time_limit_ends_a_staged_step_and_leaves_its_log(cluster: Cluster) -> None:
    step = replace(shell("echo begun; sleep 60"), platforms={"kfbridge": {"timeout": "3s"}})
    seen = see(cluster, step, bucket(grace_seconds=1), "slow")
    assert (seen.phase, seen.pod["status"]["reason"]) == ("Failed", "DeadlineExceeded")
    assert seen.log() == "begun\n"


def test_an_image_that_is_root_waits_with_a_reason_until_its_user_is_named(cluster: Cluster) -> None:
    step = shell("id -u; cd ~ && pwd && touch file")
    unknown = replace(bucket(), root_images=frozenset())
    waiting = see(cluster, step, unknown, "unknown").state("main")["waiting"]
    assert waiting["reason"] == "CreateContainerConfigError"
    assert "runAsNonRoot" in waiting["message"]
    assert see(cluster, step, bucket(), "known").log() == "65532\n/kfbridge/home\n"


def test_texts_arrive_as_they_were_written(cluster: Cluster) -> None:
    written = "$$ $(NOT) $(KFP_POD_UID_) $HOME $$(X) $$$$ $"
    step = invocation(
        image=IMAGE, command=("python3", "-c", "import os, sys; print(sys.argv[1]); print(os.environ['TEXT'])"),
        args=(written,), env=(("TEXT", written),),
    )  # fmt: skip
    assert see(cluster, step, bucket(), "texts").log() == f"{written}\n{written}\n"


def test_the_authors_own_reference_is_expanded(cluster: Cluster) -> None:
    step = invocation(image=IMAGE, command=("echo",), args=("$(KFP_POD_NAME)",))
    seen = see(cluster, step, bucket(), "meant")
    assert seen.log() == f"{seen.pod['metadata']['name']}\n"
