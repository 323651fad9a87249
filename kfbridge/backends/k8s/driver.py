"""The driver's Job: kfbridge's engine in the cluster, beside the steps that it starts.

The Job is what outlives everything: its controller makes a new pod when one is lost, and the new driver goes on where
the journal at the artifact root ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from kfbridge.backends.k8s.client import Cluster
from kfbridge.backends.k8s.config import Config
from kfbridge.backends.k8s.faults import Refusal
from kfbridge.backends.k8s.names import MANAGED_BY, PREFIX, RUN, driver_name, label_value, run_labels
from kfbridge.backends.k8s.resource import JOB, POD
from kfbridge.backends.k8s.rights import DRIVER
from kfbridge.backends.k8s.root import ClaimRoot, artifact_root
from kfbridge.backends.k8s.scheduled import may_be_scheduled, scheduled_jobs, scheduled_pods
from kfbridge.backends.k8s.submission import FILE, Submission
from kfbridge.errors import BackendError, UsageError

DRIVES: Final = f"{PREFIX}/drives"
"""The label of a driver's Job and pod: the run; its steps have `RUN` instead."""

SUBMISSION: Final = "/kfbridge/submission"
CACHE: Final = "/kfbridge/cache"
CONTAINER: Final = "driver"
HOPELESS: Final = 3
"""The exit code of a driver that would fail again; a Job repeats it all the same (``podFailurePolicy`` is of 1.26)."""

TRY_AGAIN: Final = 1
"""The exit code of one that may do better; so may one that was killed."""

_TRIES: Final = 20  # pods that fail before the Job does; the controller waits 10 s, 20 s, ... 6 min between them
_GRACE: Final = 5  # seconds


def submit_driver(cluster: Cluster, config: Config, submission: Submission) -> None:
    """Make the driver's Job, and the ConfigMap that tells it what to do, which goes with it.

    Raises:
        UsageError: A driver of that run is there already.
        BackendError: The target names no image for it, the pipeline is too large, or the cluster refuses.
    """
    job, told = driver_documents(config, cluster.namespace, submission)
    try:
        made = cluster.create(job)
    except Refusal as error:
        if error.cause != "AlreadyExists":
            raise
        raise UsageError(
            f"There is a run called {submission.run_id!r} already.",
            remedy=f"Choose another --run-id, or look at that one with: kfbridge status {submission.run_id}",
        ) from error
    owner = {"apiVersion": "batch/v1", "kind": "Job", "name": made["metadata"]["name"], "uid": made["metadata"]["uid"]}
    cluster.create_once({**told, "metadata": {**told["metadata"], "ownerReferences": [owner]}})


def driver_documents(config: Config, namespace: str, submission: Submission) -> tuple[dict[str, Any], dict[str, Any]]:
    """The driver's Job and its ConfigMap.

    Raises:
        BackendError: The target names no image for the driver, or the pipeline is too large.
    """
    name = driver_name(submission.run_id, submission.token if submission.resumes else "")
    labels = {MANAGED_BY: "kfbridge", DRIVES: label_value(submission.run_id)}
    metadata = {"name": name, "namespace": namespace, "labels": {**config.labels, **labels}}
    annotations = {RUN: submission.run_id}
    told = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "binaryData": {FILE: submission.data()}}
    spec = driver_spec(config, name, {"labels": metadata["labels"], "annotations": annotations})
    job = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {**metadata, "annotations": annotations},
        "spec": spec,
    }
    return job, told


def driver_spec(config: Config, config_map: str, metadata: Mapping[str, Any]) -> dict[str, Any]:
    """The spec of a driver's Job, whose pods have these labels and annotations."""
    spec: dict[str, Any] = {
        "backoffLimit": _TRIES,
        "template": {"metadata": dict(metadata), "spec": driver_pod(config, config_map)},
    }
    if config.keep_seconds is not None:
        spec["ttlSecondsAfterFinished"] = config.keep_seconds
    return spec


def driver_pod(config: Config, config_map: str) -> dict[str, Any]:
    """The spec of the driver's pod; it satisfies the Pod Security Standard "restricted"."""
    root = artifact_root(config.artifact_root)
    mounts: list[dict[str, Any]] = [
        {"name": "submission", "mountPath": SUBMISSION, "readOnly": True},
        {"name": "cache", "mountPath": CACHE},
    ]
    volumes: list[dict[str, Any]] = [
        {"name": "submission", "configMap": {"name": config_map}},
        {"name": "cache", "emptyDir": {}},
    ]
    if isinstance(root, ClaimRoot):
        mounts.append(root.mount())
        volumes.append(root.volume())
    container: dict[str, Any] = {
        "name": CONTAINER,
        "image": runtime_image(config),
        "command": ["python3", "-m", "kfbridge.backends.k8s.inside"],
        "env": [{"name": "KFBRIDGE_CACHE_DIR", "value": CACHE}, {"name": "HOME", "value": CACHE}],
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "1Gi"}},
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "volumeMounts": mounts,
    }
    if config.image_pull_policy:
        container["imagePullPolicy"] = config.image_pull_policy
    if config.storage_secrets:
        container["envFrom"] = [{"secretRef": {"name": name}} for name in config.storage_secrets]
    pod: dict[str, Any] = {
        "restartPolicy": "Never",
        "serviceAccountName": config.driver_service_account or DRIVER,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": _GRACE,
        "securityContext": _security(config),
        "containers": [container],
        "volumes": volumes,
    }
    optional = {
        "imagePullSecrets": [{"name": name} for name in config.image_pull_secrets],
        "nodeSelector": dict(config.node_selector),
        "tolerations": [dict(one) for one in config.tolerations],
    }
    return {**pod, **{name: value for name, value in optional.items() if value}}


def runtime_image(config: Config) -> str:
    """The image of kfbridge itself.

    Raises:
        BackendError: The target names none.
    """
    if config.runtime_image is None:
        raise BackendError(
            "The target names no image of kfbridge, in which the driver runs.",
            remedy='Set runtime_image in kfbridge.toml, or drive runs from here: driver = "client".',
            backend="k8s",
        )
    return config.runtime_image


def driver_jobs(cluster: Cluster, run_id: str) -> list[dict[str, Any]]:
    """The Jobs of a run's drivers, the oldest first."""
    jobs = [*cluster.list(JOB, f"{DRIVES}={label_value(run_id)}")["items"], *scheduled_jobs(cluster, run_id)]
    return sorted(jobs, key=lambda job: str(job["metadata"]["creationTimestamp"]))


def driver_job(cluster: Cluster, run_id: str) -> dict[str, Any] | None:
    """The newest driver's Job of a run, None where there is none any more."""
    jobs = driver_jobs(cluster, run_id)
    return jobs[-1] if jobs else None


def driver_pods(cluster: Cluster, run_id: str) -> list[dict[str, Any]]:
    """The pods of a run's drivers, the oldest first."""
    pods = [*cluster.list(POD, f"{DRIVES}={label_value(run_id)}")["items"], *scheduled_pods(cluster, run_id)]
    return sorted(pods, key=lambda pod: str(pod["metadata"]["creationTimestamp"]))


def is_driving(cluster: Cluster, run_id: str) -> bool:
    """Whether a Job drives the run, or is about to."""
    job = driver_job(cluster, run_id)
    return job is not None and not has_ended(job) and not job["metadata"].get("deletionTimestamp")


def has_ended(job: Mapping[str, Any]) -> bool:
    """Whether a Job is complete, or has failed."""
    conditions = job.get("status", {}).get("conditions") or ()
    return any(one["type"] in ("Complete", "Failed") and one.get("status") == "True" for one in conditions)


def look_at(run_id: str) -> str:
    """The command by which a person looks at a run's driver."""
    return f"kubectl describe job{f' {run_id}' if may_be_scheduled(run_id) else f's -l {DRIVES}={label_value(run_id)}'}"


def withdraw(cluster: Cluster, run_id: str, grace: int = _GRACE) -> bool:
    """Remove the drivers of a run that has not begun, or is over; whether there were any.

    Args:
        cluster: The cluster.
        run_id: The run.
        grace: How many seconds they may take to end; with 0 their pods are gone at once.
    """
    jobs = driver_jobs(cluster, run_id)
    for job in jobs:
        cluster.delete(JOB, job["metadata"]["name"])
    for pod in driver_pods(cluster, run_id):
        cluster.delete(POD, pod["metadata"]["name"], grace)
    return bool(jobs)


def end_run(cluster: Cluster, run_id: str, pipeline: str) -> None:
    """Remove the Jobs of all attempts of a run."""
    selector = ",".join(f"{name}={value}" for name, value in run_labels(run_id, pipeline).items())
    cluster.delete_all(JOB, selector)
    cluster.delete_all(POD, selector, _GRACE)


def _security(config: Config) -> dict[str, Any]:
    """Who the driver runs as: the number that steps get instead of root, so that both can write to the root."""
    group = {"runAsGroup": config.fs_group, "fsGroup": config.fs_group, "fsGroupChangePolicy": "OnRootMismatch"}
    return {
        "runAsNonRoot": True,
        "runAsUser": config.run_as_user,
        "seccompProfile": {"type": "RuntimeDefault"},
        **(group if config.fs_group else {}),
    }
