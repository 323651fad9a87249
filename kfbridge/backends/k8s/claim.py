"""Volume claims that a run makes: those of CreatePVC tasks, and its workspace."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from kfbridge.backends.k8s.merge import merge
from kfbridge.backends.k8s.names import claim_name, run_labels, workspace_name
from kfbridge.backends.k8s.pod import Setting
from kfbridge.engine.runner import TaskInvocation
from kfbridge.errors import BackendError

_MODES: Final = ("ReadWriteOnce",)  # of a workspace that names none


def created_claim(invocation: TaskInvocation, setting: Setting) -> dict[str, Any]:
    """The claim that a task of ``kubernetes.CreatePVC`` makes.

    A name made from a suffix tells the run and the task, so that another attempt finds its own claim. The class of
    storage is the cluster's default where the input was not given; empty, it is none (a volume made beforehand).

    Raises:
        BackendError: It has both a name and a suffix, or neither, or lacks its size or its access modes.
    """
    given = invocation.parameters
    name, suffix = str(given.get("pvc_name") or ""), str(given.get("pvc_name_suffix") or "")
    if bool(name) == bool(suffix):
        what = "both pvc_name and pvc_name_suffix" if name else "neither pvc_name nor pvc_name_suffix"
        raise _cannot(f"kubernetes.CreatePVC got {what}", "Give one of the two.")
    for needed in ("size", "access_modes"):
        if not given.get(needed):
            raise _cannot(f"kubernetes.CreatePVC got no {needed}", f"Give {needed}.")
    spec: dict[str, Any] = {
        "accessModes": list(given["access_modes"]),
        "resources": {"requests": {"storage": str(given["size"])}},
    }
    optional = {
        "storageClassName": given.get("storage_class_name"),
        "volumeName": given.get("volume_name") or None,
        "dataSource": given.get("data_source") or None,
    }
    spec |= {field: value for field, value in optional.items() if value is not None}
    made = _claim(name or claim_name(invocation.run_id, invocation.key, suffix), spec, setting)
    made["metadata"]["labels"] |= run_labels(invocation.run_id, invocation.pipeline)
    if annotations := given.get("annotations"):
        made["metadata"]["annotations"] = {key: str(value) for key, value in annotations.items()}
    return made


def deleted_claim(invocation: TaskInvocation) -> str:
    """The name of the claim that a task of ``kubernetes.DeletePVC`` deletes.

    Raises:
        BackendError: It was given none.
    """
    name = str(invocation.parameters.get("pvc_name") or "")
    if not name:
        raise _cannot("kubernetes.DeletePVC got no pvc_name", "Give it the name of a claim.")
    return name


def workspace_claim(run_id: str, pipeline: str, workspace: Mapping[str, Any], setting: Setting) -> dict[str, Any]:
    """The claim that is a run's workspace.

    Args:
        run_id: The run.
        pipeline: Its name.
        workspace: ``pipelineConfig.workspace`` of the platform document: ``size`` and, as a patch of the claim's spec,
            ``kubernetes.pvcSpecPatch``.
        setting: Where it is made.

    Raises:
        BackendError: It has no size, or a patch that is none.
    """
    size = workspace.get("size")
    if not size:
        raise _cannot("its workspace has no size", "Give WorkspaceConfig a size, such as 5Gi.")
    spec = {"accessModes": list(_MODES), "resources": {"requests": {"storage": str(size)}}}
    patch = (workspace.get("kubernetes") or {}).get("pvcSpecPatch") or {}
    made = _claim(workspace_name(run_id), merge(spec, patch, "pvcSpecPatch"), setting)
    made["metadata"]["labels"] |= run_labels(run_id, pipeline)
    return made


def _claim(name: str, spec: dict[str, Any], setting: Setting) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": name, "namespace": setting.namespace, "labels": dict(setting.config.labels)},
        "spec": spec,
    }


def _cannot(reason: str, remedy: str) -> BackendError:
    return BackendError(reason, remedy=remedy, backend="k8s")
