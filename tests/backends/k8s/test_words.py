"""What a person reads when something at the border to the cluster is wrong."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from kfbridge.backends.k8s.attempt import Objects, PodAttempt
from kfbridge.backends.k8s.client import Cluster
from kfbridge.backends.k8s.config import Config
from kfbridge.backends.k8s.finishing import Finisher
from kfbridge.backends.k8s.kubectl import apply
from kfbridge.backends.k8s.layout import PodLayout
from kfbridge.backends.k8s.root import ClaimRoot
from kfbridge.backends.k8s.verdict import Failed
from kfbridge.engine.events import Event, TaskFailed
from kfbridge.errors import BackendError
from tests.backends.k8s.pods import invocation

REFUSED = """Error from server (Forbidden): error when retrieving:
Name: "{0}"
{0} is forbidden: no rights
"""


def test_a_context_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    context = {"name": "kind", "context": {"cluster": "kind", "user": "me"}}
    cluster = {"name": "kind", "cluster": {"server": "http://127.0.0.1:1"}}
    users = [{"name": "me", "user": {}}]
    content = {"contexts": [context], "clusters": [cluster], "users": users, "current-context": "kind"}
    (tmp_path / "config").write_text(yaml.safe_dump(content))
    config = Config(artifact_root="pvc://a/b", kubeconfig=str(tmp_path / "config"), context="knid", namespace="n")
    with pytest.raises(BackendError) as raised:
        assert Cluster(config).configuration
    assert raised.value.reason.endswith("it has no context 'knid'; it has: kind")
    assert "kubectl config get-contexts" in str(raised.value.remedy)


def test_what_kubectl_repeats_is_said_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = "".join(REFUSED.format(name) for name in ("namespaces", "roles", "claims"))
    (tmp_path / "said").write_text(said)
    program = tmp_path / "kubectl"
    program.write_text(f"#!/bin/sh\ncat >/dev/null; cat {tmp_path}/said >&2; exit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with pytest.raises(BackendError) as raised:
        apply("", Config(artifact_root="pvc://a/b"))
    assert raised.value.reason == (
        "kubectl could not apply the manifests: Error from server (Forbidden): error when retrieving: "
        'Name: "namespaces" namespaces is forbidden: no rights (and 2 more like it)'
    )


class Asked:
    """A cluster that remembers which logs were asked for, and files that take them."""

    def __init__(self) -> None:
        self.logs: list[str] = []

    def log(self, pod: str, container: str) -> list[bytes]:
        self.logs.append(pod)
        return [b"said\n"]

    def keep_log(self, path: Path, pieces: Any) -> None:
        path.write_bytes(b"".join(pieces))


@pytest.mark.parametrize(
    ("status", "asked"),
    [
        ({"phase": "Pending"}, False),
        ({"containerStatuses": [{"name": "main", "state": {"waiting": {"reason": "ImagePullBackOff"}}}]}, False),
        ({"containerStatuses": [{"name": "main", "state": {"terminated": {"exitCode": 1}}}]}, True),
        ({"initContainerStatuses": [{"name": "main", "state": {"running": {}}}], "phase": "Pending"}, True),
    ],
)
def test_a_step_that_never_began_has_no_log(status: dict[str, Any], asked: bool, tmp_path: Path) -> None:
    cluster: Any = Asked()
    step = invocation()
    pod = {"metadata": {"name": "p", "uid": "u"}, "spec": {}, "status": status}
    attempt = PodAttempt(step, PodLayout(step, ClaimRoot("c")), {}, "job", Objects(pod=pod), "look")
    told: list[Event] = []
    finisher = Finisher(cluster, cluster, lambda key, number: tmp_path / "log.txt")
    finisher.finish(attempt, Failed("no image"), told.append)
    assert (cluster.logs, (tmp_path / "log.txt").exists()) == ((["p"], True) if asked else ([], False))
    (event,) = told
    assert isinstance(event, TaskFailed) and event.time <= time.time()
