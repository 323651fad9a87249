"""What a namespace needs before pipelines run in it: an account for the driver with the least of rights, and a claim.

Plain manifests, which a person can read and ``kubectl diff`` can compare: nothing here depends on when it is made.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from kfbridge.backends.k8s.config import Config
from kfbridge.backends.k8s.kubectl import apply
from kfbridge.backends.k8s.manifest import manifest_text
from kfbridge.backends.k8s.names import MANAGED_BY
from kfbridge.backends.k8s.root import ClaimRoot, artifact_root
from kfbridge.errors import UsageError
from kfbridge.target import Target

DRIVER: Final = "kfbridge-driver"
"""The driver's account, and its role, unless the target names an account."""

RULES: Final[tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]] = (
    # make attempts, watch all of them at once, remove what is cancelled
    ("batch", ("jobs",), ("create", "get", "list", "watch", "delete")),
    # why an attempt failed, or waits; a pod of a lost node is removed by hand
    ("", ("pods",), ("get", "list", "watch", "delete")),
    ("", ("pods/log",), ("get",)),
    ("", ("events",), ("list", "watch")),
    # CreatePVC, DeletePVC and the workspace
    ("", ("persistentvolumeclaims",), ("create", "get", "delete")),
)
"""What the driver may do in its namespace: group of the API, resources, verbs. It reads no secrets."""

_ANY_NODE: Final = "ReadWriteMany"


@dataclass(frozen=True, slots=True)
class Installation:
    """What a namespace was given, or would be.

    Attributes:
        namespace: The namespace.
        documents: The objects.
        applied: Whether the cluster has them now.
        text: For a person: the manifests, or what became of each.
    """

    namespace: str
    documents: list[dict[str, Any]]
    applied: bool
    text: str


def install(target: Target, size: str, access_mode: str, storage_class: str | None, *, dry_run: bool) -> Installation:
    """Set the namespace of a target up; see `install_documents`. With `dry_run` the cluster is not asked.

    Raises:
        UsageError: The target is of another backend, or names no namespace.
        BackendError: kubectl is missing, or the cluster refuses.
    """
    config = target.config
    if not isinstance(config, Config):
        raise UsageError(
            f"The target {target.name!r} is of the backend {config.backend}, which needs no namespace.",
            remedy="Name a target whose backend is k8s: -t NAME.",
        )
    if config.namespace is None:
        raise UsageError(
            f"The target {target.name!r} names no namespace to set up.",
            remedy="Set namespace in kfbridge.toml, or: --set namespace=NAME.",
        )
    found = install_documents(config, config.namespace, size, access_mode, storage_class)
    text = manifest_text(found)
    return Installation(config.namespace, found, not dry_run, text if dry_run else apply(text, config))


def install_documents(
    config: Config, namespace: str, size: str = "10Gi", access_mode: str = _ANY_NODE, storage_class: str | None = None
) -> list[dict[str, Any]]:
    """The objects, in the order in which they are to be made.

    Args:
        config: The target.
        namespace: Where its pipelines run.
        size: How much the claim of a ``pvc://`` root holds, as a Kubernetes quantity.
        access_mode: ``ReadWriteMany``, unless all pods run on one node.
        storage_class: What provides the claim; the cluster's default unless given.
    """
    account = config.driver_service_account or DRIVER
    role = _object("rbac.authorization.k8s.io/v1", "Role", account, namespace)
    binding = _object("rbac.authorization.k8s.io/v1", "RoleBinding", account, namespace)
    found = [
        _object("v1", "Namespace", namespace),
        _object("v1", "ServiceAccount", account, namespace),
        {**role, "rules": [_rule(*rule) for rule in RULES]},
        {
            **binding,
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": account},
            "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": namespace}],
        },
    ]
    root = artifact_root(config.artifact_root)
    if isinstance(root, ClaimRoot):
        spec: dict[str, Any] = {"accessModes": [access_mode], "resources": {"requests": {"storage": size}}}
        if storage_class is not None:
            spec["storageClassName"] = storage_class
        found.append({**_object("v1", "PersistentVolumeClaim", root.claim, namespace), "spec": spec})
    return found


def _rule(group: str, resources: tuple[str, ...], verbs: tuple[str, ...]) -> dict[str, Any]:
    return {"apiGroups": [group], "resources": list(resources), "verbs": list(verbs)}


def _object(version: str, kind: str, name: str, namespace: str = "") -> dict[str, Any]:
    where = {"namespace": namespace} if namespace else {}
    return {
        "apiVersion": version,
        "kind": kind,
        "metadata": {"name": name, **where, "labels": {MANAGED_BY: "kfbridge"}},
    }
