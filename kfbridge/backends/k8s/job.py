"""The Job of one attempt of a step, as the API server takes it.

One Job, one pod, no second try: whether an attempt is repeated is for the engine to say. The time limit is the pod's
(``activeDeadlineSeconds`` of PodSpec), not the Job's: it counts from when a node has taken the pod, so that waiting for
a GPU or in a queue is free, and the pod stays to be read; the Job controller would delete it, and its log with it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from kfbridge.backends.driven.reading import reads_data
from kfbridge.backends.k8s.copying.errand import ATTEMPT, INPUTS
from kfbridge.backends.k8s.copying.stores import is_stored
from kfbridge.backends.k8s.draft import MAIN, Draft
from kfbridge.backends.k8s.layout import PodLayout, folders_of, is_workspace_copy
from kfbridge.backends.k8s.merge import merge_into_job
from kfbridge.backends.k8s.names import labels, run_annotations
from kfbridge.backends.k8s.pod import Setting, draft_pod, queue_labels
from kfbridge.backends.k8s.root import BucketRoot
from kfbridge.backends.k8s.security import copying
from kfbridge.backends.k8s.staging import Staging, stage, stage_inputs
from kfbridge.engine.executor_input import CommandLine
from kfbridge.engine.runner import TaskInvocation
from kfbridge.errors import BackendError

_LONGEST: Final = 120_000  # bytes; Linux lets a variable and its name have 131,072


def attempt_documents(invocation: TaskInvocation, line: CommandLine, setting: Setting) -> list[dict[str, Any]]:
    """What has to be made for an attempt, in this order; the Job is the last, and most often the only one.

    Args:
        invocation: The attempt, its settings' references resolved.
        line: What it runs, placeholders resolved for paths by `layout.path_of`.
        setting: What it has in common with the others of its run.

    Raises:
        BackendError: A setting is unknown or cannot be, or a native one does not fit a Job.
        RequestError: What the step asks for cannot be read.
        MachineError: The target's flavour of Kubernetes cannot tell such nodes.
    """
    draft = draft_pod(invocation, line, setting)
    native = ((invocation.platforms.get("kfbridge") or {}).get("native") or {}).get("k8s") or {}
    job = merge_into_job(_job(draft, invocation, setting), native)
    template = job["spec"]["template"]
    job["spec"]["template"] = {**template, "spec": _staged(template["spec"], invocation, setting)}
    made = labels(invocation)
    others = [_placed(one, setting.namespace, made) for one in draft.documents]
    return [*others, job]


def _job(draft: Draft, invocation: TaskInvocation, setting: Setting) -> dict[str, Any]:
    config = setting.config
    spec: dict[str, Any] = {
        "backoffLimit": 0,
        "completions": 1,
        "parallelism": 1,
        "template": {"metadata": {"labels": draft.labels, "annotations": draft.annotations}, "spec": draft.pod()},
    }
    if config.keep_seconds is not None:
        spec["ttlSecondsAfterFinished"] = config.keep_seconds
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": draft.name,
            "namespace": setting.namespace,
            "labels": {**config.labels, **labels(invocation), **queue_labels(config)},
            "annotations": run_annotations(invocation),
        },
        "spec": spec,
    }


def _staged(pod: Mapping[str, Any], invocation: TaskInvocation, setting: Setting) -> Mapping[str, Any]:
    """The pod with copying around or before the step, where its root or some of its inputs are in buckets."""
    layout = PodLayout(invocation, setting.root)
    if isinstance(setting.root, BucketRoot):
        inputs = [one for found in invocation.artifacts.values() for one in found]
        staging = _staging(setting, f"its artifact root {setting.root.place}", {ATTEMPT: layout.attempt_name})
        folders = folders_of([setting.root.place, *(one.uri for one in inputs)])
        copies = any(is_workspace_copy(one.custom_path) for one in inputs)
        return stage(pod, staging, folders, _copying(pod, setting), copies=copies)
    elsewhere = [one for found in _elsewhere(layout).values() for one in found]
    if not elsewhere:
        return pod
    staging = _staging(setting, f"its input {elsewhere[0]['uri']}", {INPUTS: _inputs(layout)})
    folders = folders_of(one["uri"] for one in elsewhere if not _is_copied(one))
    return stage_inputs(pod, staging, folders, _copying(pod, setting), copies=any(map(_is_copied, elsewhere)))


def _staging(setting: Setting, what: str, env: Mapping[str, str]) -> Staging:
    if setting.staging is None:
        raise BackendError(
            f"{what} needs an image that copies data in and out, and the target names none",
            remedy="Set runtime_image in kfbridge.toml, or use a root, and inputs, that are on a claim (pvc://).",
            backend="k8s",
        )
    return replace(setting.staging, env={**setting.staging.env, **env})


def _elsewhere(layout: PodLayout) -> dict[str, list[dict[str, Any]]]:
    """The inputs that have to be brought, by their names: to the workspace, or from buckets if the step may look."""
    container = layout.invocation.container
    groups = {
        name: [
            one
            for one in group["artifacts"]
            if _is_copied(one) or (is_stored(one["uri"]) and reads_data(container, name))
        ]
        for name, group in layout.executor_input()["inputs"]["artifacts"].items()
    }
    return {name: found for name, found in groups.items() if found}


def _is_copied(artifact: Mapping[str, Any]) -> bool:
    return is_workspace_copy(artifact.get("custom_path", ""))


def _inputs(layout: PodLayout) -> str:
    """The part of the ExecutorInput that names what is to be brought to a pod whose root is a claim."""
    artifacts = {name: {"artifacts": found} for name, found in _elsewhere(layout).items()}
    text = json.dumps({"inputs": {"artifacts": artifacts}})
    if len(text) > _LONGEST:
        raise BackendError(
            f"its inputs from buckets take {len(text)} characters to name, and a variable of a container holds "
            f"{_LONGEST}",
            remedy="Import the folder that they lie in, or use a root that is a bucket.",
            backend="k8s",
        )
    return text


def _copying(pod: Mapping[str, Any], setting: Setting) -> dict[str, Any]:
    main = next(one for one in pod["containers"] if one["name"] == MAIN)
    config = setting.config
    more: dict[str, Any] = {"securityContext": copying(main, setting.security(main["image"]), config.run_as_user)}
    if config.image_pull_policy:
        more["imagePullPolicy"] = config.image_pull_policy
    return more


def _placed(document: Mapping[str, Any], namespace: str, made: Mapping[str, str]) -> dict[str, Any]:
    return {**document, "metadata": {**document["metadata"], "namespace": namespace, "labels": dict(made)}}
