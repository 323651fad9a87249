"""Pipelines of the KFP corpus on a real cluster: the same outcomes as on this machine (`tests.corpus`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kfbridge import api
from kfbridge.backends.base import TaskStatus
from kfbridge.backends.k8s.backend import KubernetesBackend
from kfbridge.backends.k8s.manifest import manifest_text
from kfbridge.backends.k8s.root import MOUNT
from tests.backends.k8s.room import Room
from tests.corpus.comparison import differences
from tests.corpus.drawn import expectation_of
from tests.corpus.expectation import Expectation, expectations
from tests.corpus.notyet import NOTYET
from tests.corpus.running import Outcome
from tests.corpus.test_corpus_runs import FILES

pytestmark = [pytest.mark.cluster, pytest.mark.corpus, pytest.mark.slow]

NOT_HERE: Mapping[str, str] = {
    "kubernetes/general_ephemeral_volume": "ephemeral volumes need Kubernetes 1.21",
    "valid/pipeline_with_string_machine_fields_task_output": "no node has the accelerator that it asks for",
}
"""What runs on this machine, and cannot on a cluster of one node of 1.20, and why."""

BASELINE = frozenset(
    {
        "critical/pipeline_with_importer_workspace",
        "kubernetes/create_mount_delete_dynamic_pvc",
        "valid/pipeline_with_volume",
        "valid/pipeline_with_volume_no_cache",
    }
)
"""What makes claims itself: they belong to root in the test cluster, whose hostPath volumes know no fsGroup."""


def runnable() -> list[str]:
    """The pipelines that run offline here, for which nothing of this machine is needed."""
    return [
        name
        for name, one in expectations().items()
        if not (one.cannot or one.minutes or one.environment or one.programs) and name not in (*NOTYET, *NOT_HERE)
    ]


@pytest.mark.usefixtures("gpu")
@pytest.mark.parametrize("name", runnable())
def test_it_does_what_reading_it_says(name: str, corpus: Path, room: Room, tmp_path: Path) -> None:
    expected = expectations()[name]
    security = "baseline" if name in BASELINE else "restricted"
    target = room.target(tmp_path, folder="corpus", cache=False, waiting_seconds=120, pod_security=security)
    provide(expected, room, KubernetesBackend(target))
    arguments = {key: placed(value) for key, value in expected.arguments.items()}
    run = api.run(FILES[name], arguments, target=target)
    status = run.wait()
    printed: dict[str, list[str]] = {}
    for path, line in run.logs():
        printed.setdefault(path, []).append(line)
    backend = KubernetesBackend(target)
    tasks = {task.path: replace(task, outputs=here(task, backend)) for task in status.tasks}
    outputs = {key: brought(value, backend) for key, value in status.outputs.items()}
    found = Outcome(status.state, status.error or "", outputs, tasks, printed)
    if expected.drawn:
        expected = expectation_of(name, found)
    assert differences(expected, found) == []


FOLDER = f"{MOUNT}/files"


def provide(expected: Expectation, room: Room, backend: KubernetesBackend) -> None:
    """Put the files, secrets and claims there."""
    backend.files().make_folders(["files"])
    for name, text in expected.files.items():
        backend.files().write(f"files/{name}", text.encode())
    for name, keys in expected.secrets.items():
        document = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": dict(keys)}
        room.cluster.call("apply", "--filename=-", text=manifest_text([document]))
    for name in expected.volumes:
        room.claim(name)


def placed(value: Any) -> Any:
    return value.replace("{folder}", FOLDER) if isinstance(value, str) else value


def here(task: TaskStatus, backend: KubernetesBackend) -> dict[str, Any]:
    return {key: brought(value, backend) for key, value in task.outputs.items()}


def brought(value: Any, backend: KubernetesBackend) -> Any:
    """An output whose artifacts are told by where this machine has them."""
    if isinstance(value, list):
        return [brought(one, backend) for one in value]
    if isinstance(value, dict) and str(value.get("uri", "")).startswith(f"{MOUNT}/"):
        return {**value, "uri": str(backend.store.local(value["uri"]))}
    return value
