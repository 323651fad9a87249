"""Claims that a run makes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from kfbridge.backends.k8s.claim import created_claim, deleted_claim, workspace_claim
from kfbridge.errors import BackendError
from tests.backends.k8s.pods import invocation, setting


def created(**parameters: Any) -> dict[str, Any]:
    return created_claim(replace(invocation(key="createpvc"), parameters=parameters), setting())


def test_a_claim_says_what_the_task_was_given() -> None:
    source = {"apiGroup": "snapshot.storage.k8s.io", "kind": "VolumeSnapshot", "name": "s"}
    found = created(
        pvc_name="data", access_modes=["ReadWriteMany"], size="5Gi", storage_class_name="fast", volume_name="pv-1",
        annotations={"a": 1}, data_source=source,
    )  # fmt: skip
    assert found["metadata"]["name"] == "data"
    assert found["metadata"]["annotations"] == {"a": "1"}
    assert found["metadata"]["labels"]["kfbridge.dev/run"] == "run-1"
    assert found["spec"] == {
        "accessModes": ["ReadWriteMany"],
        "resources": {"requests": {"storage": "5Gi"}},
        "storageClassName": "fast",
        "volumeName": "pv-1",
        "dataSource": source,
    }


def test_no_class_is_the_clusters_default_and_an_empty_one_is_none() -> None:
    needed = {"pvc_name": "data", "access_modes": ["ReadWriteOnce"], "size": "5Gi"}
    assert "storageClassName" not in created(**needed)["spec"]
    assert created(**needed, storage_class_name="")["spec"]["storageClassName"] == ""


def test_a_suffix_makes_a_name_of_the_runs_own() -> None:
    needed = {"pvc_name_suffix": "-data", "access_modes": ["ReadWriteOnce"], "size": "5Gi"}
    name = created(**needed)["metadata"]["name"]
    assert name == created(**needed)["metadata"]["name"]
    assert name.startswith("run-1-")
    assert name.endswith("-data")


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ({}, "got neither pvc_name nor pvc_name_suffix"),
        ({"pvc_name": "a", "pvc_name_suffix": "b"}, "got both pvc_name and pvc_name_suffix"),
        ({"pvc_name": "a", "access_modes": ["ReadWriteOnce"]}, "got no size"),
        ({"pvc_name": "a", "size": "1Gi"}, "got no access_modes"),
    ],
)
def test_what_is_missing_is_said(parameters: dict[str, Any], reason: str) -> None:
    with pytest.raises(BackendError, match=reason):
        created(**parameters)


def test_the_claim_to_delete() -> None:
    assert deleted_claim(replace(invocation(), parameters={"pvc_name": "data"})) == "data"
    with pytest.raises(BackendError, match=r"kubernetes\.DeletePVC got no pvc_name"):
        deleted_claim(invocation())


def test_the_workspace_takes_a_patch_of_its_claim() -> None:
    patch = {"accessModes": ["ReadWriteMany"], "storageClassName": "nfs"}
    workspace = {"size": "25Gi", "kubernetes": {"pvcSpecPatch": patch}}
    found = workspace_claim("run-1", "test", workspace, setting())
    assert found["spec"] == {**patch, "resources": {"requests": {"storage": "25Gi"}}}
    assert workspace_claim("run-1", "test", {"size": "1Gi"}, setting())["spec"]["accessModes"] == ["ReadWriteOnce"]
    with pytest.raises(BackendError, match="its workspace has no size"):
        workspace_claim("run-1", "test", {}, setting())
