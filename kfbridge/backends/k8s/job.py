"""The Job of one attempt of a step, as the API server takes it.

One Job, one pod, no second try: whether an attempt is repeated is for the engine to say. The time limit is the pod's
(``activeDeadlineSeconds`` of PodSpec), not the Job's: it counts from when a node has taken the pod, so that waiting for
a GPU or in a queue is free, and the pod stays to be read; the Job controller would delete it, and its log with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kfbridge.backends.k8s.draft import Draft
from kfbridge.backends.k8s.layout import folders_of
from kfbridge.backends.k8s.merge import merge_into_job
from kfbridge.backends.k8s.names import labels, run_annotations
from kfbridge.backends.k8s.pod import Setting, draft_pod, queue_labels
from kfbridge.backends.k8s.root import BucketRoot
from kfbridge.backends.k8s.security import Security, confined
from kfbridge.backends.k8s.staging import stage
from kfbridge.engine.executor_input import CommandLine
from kfbridge.engine.runner import TaskInvocation
from kfbridge.errors import BackendError


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
    if isinstance(setting.root, BucketRoot):
        template = job["spec"]["template"]
        job["spec"]["template"] = {**template, "spec": _staged(template["spec"], invocation, setting, setting.root)}
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


def _staged(pod: Mapping[str, Any], invocation: TaskInvocation, setting: Setting, root: BucketRoot) -> dict[str, Any]:
    if setting.staging is None:
        raise BackendError(
            f"its artifact root {root.place} needs an image that copies data in and out, and the target names none",
            remedy="Set runtime_image in kfbridge.toml, or use a root that begins with pvc://.",
            backend="k8s",
        )
    numbered = Security.IMAGE if setting.config.pod_security == "baseline" else Security.NUMBERED
    more = confined({}, numbered, setting.config.run_as_user)  # kfbridge's image runs as any user
    if setting.config.image_pull_policy:
        more["imagePullPolicy"] = setting.config.image_pull_policy
    return stage(pod, setting.staging, folders_of(root, invocation), more)


def _placed(document: Mapping[str, Any], namespace: str, made: Mapping[str, str]) -> dict[str, Any]:
    return {**document, "metadata": {**document["metadata"], "namespace": namespace, "labels": dict(made)}}
