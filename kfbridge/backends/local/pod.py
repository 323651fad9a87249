"""What stands in for the fields of a pod, of which there is none on this machine."""

from __future__ import annotations

import getpass
import platform
import re
from collections.abc import Mapping
from typing import Any

from kfbridge.engine.context import RunContext
from kfbridge.engine.runner import TaskInvocation

_HERE = "127.0.0.1"
_KEYED = re.compile(r"metadata\.(labels|annotations)\['([^']*)'\]")
FIELDS = frozenset(
    {
        "metadata.name",
        "metadata.namespace",
        "metadata.uid",
        "metadata.labels",
        "metadata.annotations",
        "spec.nodeName",
        "spec.serviceAccountName",
        "status.hostIP",
        "status.hostIPs",
        "status.podIP",
        "status.podIPs",
    }
)
"""The fields that have a stand-in, besides single labels and annotations (``metadata.labels['KEY']``)."""


def is_known(path: str) -> bool:
    """Whether there is a stand-in for the field."""
    return path in FIELDS or _KEYED.fullmatch(path) is not None


def pod_field(path: str, invocation: TaskInvocation, context: RunContext) -> str:
    """The stand-in for a field that `is_known`; a label or annotation that is not there is empty, as on Kubernetes."""
    metadata = _metadata(invocation, context)
    keyed = _KEYED.fullmatch(path)
    if keyed is not None:
        return metadata[keyed[1]].get(keyed[2], "")
    section, _, name = path.rpartition(".")
    if section == "status":
        return _HERE
    if name in metadata:
        return "\n".join(f'{key}="{value}"' for key, value in sorted(metadata[name].items()))
    names = context.names(invocation.key, invocation.task)
    values = {
        "name": _name(invocation),
        "namespace": "local",
        "uid": names["pipeline_task_uuid"],
        "nodeName": platform.node(),
        "serviceAccountName": getpass.getuser() if name == "serviceAccountName" else "",
    }
    return values[name]


def _metadata(invocation: TaskInvocation, context: RunContext) -> dict[str, dict[str, str]]:
    """The task's own labels and annotations, over those that KFP puts on every pod."""
    own: Mapping[str, Any] = invocation.platforms.get("kubernetes", {}).get("podMetadata") or {}
    run = context.names(invocation.key, invocation.task)["pipeline_job_uuid"]
    return {
        "labels": {"pipeline/runid": run, **_texts(own.get("labels"))},
        "annotations": {"pipelines.kubeflow.org/run_name": invocation.run_id, **_texts(own.get("annotations"))},
    }


def _texts(values: Mapping[str, Any] | None) -> dict[str, str]:
    return {key: str(value) for key, value in (values or {}).items()}


def _name(invocation: TaskInvocation) -> str:
    """A name as a pod could have it."""
    text = f"{invocation.run_id}-{invocation.key}-{invocation.attempt}".lower()
    return re.sub(r"[^a-z0-9]+", "-", text).strip("-")
