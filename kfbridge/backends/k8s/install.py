"""What a namespace needs before pipelines run in it: an account for the driver, a role for users, and a claim.

Plain manifests, which a person can read and ``kubectl diff`` can compare: nothing here depends on when it is made.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from kfbridge.backends.k8s.config import Config
from kfbridge.backends.k8s.kubectl import apply
from kfbridge.backends.k8s.manifest import manifest_text
from kfbridge.backends.k8s.names import MANAGED_BY, object_name
from kfbridge.backends.k8s.rights import DRIVER, DRIVER_RIGHTS, USER, USER_RIGHTS, Right
from kfbridge.backends.k8s.root import ClaimRoot, artifact_root
from kfbridge.errors import UsageError
from kfbridge.target import Target

_RBAC: Final = "rbac.authorization.k8s.io"

Subject = tuple[Literal["User", "Group"], str]
"""Who gets the role of users: the kind, and the name by which the cluster knows them."""


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


def install(
    target: Target,
    size: str,
    access_mode: str | None,
    storage_class: str | None,
    subjects: Sequence[Subject] = (),
    *,
    dry_run: bool,
) -> Installation:
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
    found = install_documents(config, config.namespace, size, access_mode, storage_class, subjects)
    text = manifest_text(found)
    return Installation(config.namespace, found, not dry_run, text if dry_run else apply(text, config))


def install_documents(
    config: Config,
    namespace: str,
    size: str = "10Gi",
    access_mode: str | None = None,
    storage_class: str | None = None,
    subjects: Sequence[Subject] = (),
) -> list[dict[str, Any]]:
    """The objects, in the order in which they are to be made.

    Args:
        config: The target.
        namespace: Where its pipelines run.
        size: How much the claim of a ``pvc://`` root holds, as a Kubernetes quantity.
        access_mode: How pods share it; the target's own unless given.
        storage_class: What provides the claim; the cluster's default unless given.
        subjects: Who gets the role of users.

    Raises:
        UsageError: A subject has no name.
    """
    account = config.driver_service_account or DRIVER
    found = [
        _object("v1", "Namespace", namespace),
        _object("v1", "ServiceAccount", account, namespace),
        _role(account, namespace, DRIVER_RIGHTS),
        _binding(account, account, namespace, {"kind": "ServiceAccount", "name": account, "namespace": namespace}),
        _role(USER, namespace, USER_RIGHTS),
        *_bindings(namespace, subjects),
    ]
    root = artifact_root(config.artifact_root)
    if isinstance(root, ClaimRoot):
        spec: dict[str, Any] = {
            "accessModes": [access_mode or config.access_mode],
            "resources": {"requests": {"storage": size}},
        }
        if storage_class is not None:
            spec["storageClassName"] = storage_class
        found.append({**_object("v1", "PersistentVolumeClaim", root.claim, namespace), "spec": spec})
    return found


def _bindings(namespace: str, subjects: Sequence[Subject]) -> Iterator[dict[str, Any]]:
    """A binding for each: who was given the role earlier, keeps it."""
    for kind, name in dict.fromkeys(subjects):
        if not name.strip():
            raise UsageError(
                f"A {kind.lower()} without a name cannot be given rights.",
                remedy="Name whom `kubectl auth whoami` (or the certificate's CN) shows: --user jane@example.com.",
            )
        called = object_name(f"{USER}-{kind.lower()}-{name}")
        yield _binding(called, USER, namespace, {"kind": kind, "name": name, "apiGroup": _RBAC})


def _role(name: str, namespace: str, rights: Sequence[Right]) -> dict[str, Any]:
    return {**_object(f"{_RBAC}/v1", "Role", name, namespace), "rules": [right.rule() for right in rights]}


def _binding(name: str, role: str, namespace: str, subject: dict[str, Any]) -> dict[str, Any]:
    return {
        **_object(f"{_RBAC}/v1", "RoleBinding", name, namespace),
        "roleRef": {"apiGroup": _RBAC, "kind": "Role", "name": role},
        "subjects": [subject],
    }


def _object(version: str, kind: str, name: str, namespace: str = "") -> dict[str, Any]:
    where = {"namespace": namespace} if namespace else {}
    return {
        "apiVersion": version,
        "kind": kind,
        "metadata": {"name": name, **where, "labels": {MANAGED_BY: "kfbridge"}},
    }
