"""What kfp-kubernetes can set on a task, and which fields of a pod that is.

The keys are those of ``KubernetesExecutorConfig`` (`kfbridge.spec.model.kubernetes`); what each means is what KFP's own
backend makes of it (``kubeflow/pipelines, backend/src/v2/driver/k8s.go``), with these differences: volumes whose names
Kubernetes would refuse get ones that it takes, and a Secret and a ConfigMap of one name do not collide.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from kfbridge.backends.k8s import scheduling, variables, volumes
from kfbridge.backends.k8s.draft import Draft
from kfbridge.backends.k8s.reference import json_of, name_of, number
from kfbridge.backends.k8s.security import security_context
from kfbridge.errors import BackendError

Entries = Sequence[Mapping[str, Any]]


def apply_settings(draft: Draft, settings: Mapping[str, Any]) -> None:
    """Put a task's Kubernetes settings, references resolved, into its pod.

    Raises:
        BackendError: A setting is unknown, or its value cannot be.
    """
    for key in settings:
        if key not in SETTINGS:
            raise BackendError(
                f"its Kubernetes setting {key} is not known to this version of kfbridge",
                remedy='Update kfbridge, or write it in the words of a Job: set_native("k8s", ...).',
                backend="k8s",
            )
    for key, apply in SETTINGS.items():
        if settings.get(key):
            apply(draft, settings[key])


def _metadata(draft: Draft, setting: Mapping[str, Any]) -> None:
    draft.labels |= {key: str(value) for key, value in (setting.get("labels") or {}).items()}
    draft.annotations |= {key: str(value) for key, value in (setting.get("annotations") or {}).items()}


def _pull_secrets(draft: Draft, entries: Entries) -> None:
    pull_secrets(draft, [name for entry in entries if (name := name_of(entry, "secret"))])


def pull_secrets(draft: Draft, names: Sequence[str]) -> None:
    """Secrets to pull images with, each once."""
    present = draft.spec.get("imagePullSecrets", [])
    found = [*present, *({"name": name} for name in dict.fromkeys(names) if {"name": name} not in present)]
    if found:
        draft.spec["imagePullSecrets"] = found


def _pull_policy(draft: Draft, policy: str) -> None:
    if policy not in ("Always", "IfNotPresent", "Never"):
        raise BackendError(
            f"its Kubernetes setting imagePullPolicy is {policy!r}",
            remedy="Give Always, IfNotPresent or Never.",
            backend="k8s",
        )
    draft.main["imagePullPolicy"] = policy


def _deadline(draft: Draft, seconds: Any) -> None:
    draft.spec["activeDeadlineSeconds"] = number(seconds, "activeDeadlineSeconds")


def _init_containers(draft: Draft, entries: Entries) -> None:
    for entry in entries:
        kept = ("name", "image", "command", "args", "restartPolicy")
        container: dict[str, Any] = {field: entry[field] for field in kept if entry.get(field)}
        if env := entry.get("env"):
            container["env"] = [{"name": one.get("name", ""), "value": one.get("value", "")} for one in env]
        if mounts := entry.get("volumeMounts"):
            container["volumeMounts"] = [_mount(draft, entry, one) for one in mounts]
        if resources := {kind: dict(found) for kind, found in (entry.get("resources") or {}).items() if found}:
            container["resources"] = resources
        draft.init.append(container)


def _mount(draft: Draft, container: Mapping[str, Any], entry: Mapping[str, Any]) -> dict[str, Any]:
    said = entry.get("volumeName", "")
    name = draft.volume_called(said)
    if name is None:
        raise BackendError(
            f"its init container {container.get('name')} mounts the volume {said!r}, which the task does not have",
            remedy="Give the task that volume, too, for example with empty_dir_mount.",
            backend="k8s",
        )
    return {"name": name, "mountPath": entry.get("mountPath", "")}


def _resource_claims(draft: Draft, entries: Entries) -> None:
    for entry in entries:
        claim = json_of(entry, "resourceClaimJson", dict) if "resourceClaimJson" in entry else None
        if claim is None and entry.get("resourceClaimTemplateName"):
            claim = {"resourceClaimTemplateName": entry["resourceClaimTemplateName"]}
        if claim:
            claim_devices(draft, claim)


def claim_devices(draft: Draft, claim: Mapping[str, Any]) -> None:
    """A claim for devices of the pod, which the step's container uses; one without a name gets one."""
    claims: list[dict[str, Any]] = draft.spec.setdefault("resourceClaims", [])
    named = {"name": f"claim-{len(claims) + 1}", **claim}
    claims.append(named)
    resources: dict[str, Any] = draft.main.setdefault("resources", {})
    resources["claims"] = [*resources.get("claims", ()), {"name": named["name"]}]


SETTINGS: Final[Mapping[str, Callable[[Draft, Any], None]]] = {
    "podMetadata": _metadata,
    "secretAsEnv": variables.from_keys("secret", "secretKeyRef"),
    "configMapAsEnv": variables.from_keys("configMap", "configMapKeyRef"),
    "fieldPathAsEnv": variables.from_fields,
    "pvcMount": volumes.claims,
    "secretAsVolume": volumes.from_object("secret", "secret", "secretName"),
    "configMapAsVolume": volumes.from_object("configMap", "configMap", "name"),
    "genericEphemeralVolume": volumes.ephemeral,
    "emptyDirMounts": volumes.empty,
    "enabledSharedMemory": volumes.shared_memory,
    "initContainers": _init_containers,  # after the volumes, which they mount
    "nodeSelector": scheduling.node_selector,
    "tolerations": scheduling.tolerations,
    "nodeAffinity": scheduling.node_affinity,
    "podAffinity": scheduling.pod_affinity,
    "imagePullSecret": _pull_secrets,
    "imagePullPolicy": _pull_policy,
    "activeDeadlineSeconds": _deadline,
    "securityContext": security_context,
    "podResourceClaims": _resource_claims,
}
"""Every setting, and the function that puts it into a pod; in the order in which they are applied."""
