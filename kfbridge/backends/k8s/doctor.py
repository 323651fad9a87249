"""Whether a cluster is ready for runs: kubeconfig, server, rights, namespace, account, claim, root and image.

Each thing is looked at by itself, and what cannot be looked at says why. When the server cannot be reached, or does not
know who asks, nothing after that is tried: nobody waits for the same answer ten times.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from kfbridge.backends.base import Checkup
from kfbridge.backends.k8s.client import Cluster
from kfbridge.backends.k8s.config import Config
from kfbridge.backends.k8s.door.doorway import Terms
from kfbridge.backends.k8s.faults import Refusal
from kfbridge.backends.k8s.resource import CLAIM, Resource
from kfbridge.backends.k8s.rights import DRIVER, USER_RIGHTS, Right
from kfbridge.backends.k8s.root import ClaimRoot, artifact_root
from kfbridge.errors import BackendError, KfbridgeError

PATIENCE: Final = 10.0  # seconds for which a request that fails is tried again
TERMS: Final = Terms(start=60.0, doubt=20.0)
"""How long a door that does not open is waited for: once the image is there, it takes seconds."""

_REVIEW: Final = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
_ACCOUNT: Final = Resource("ServiceAccount", "v1", "serviceaccounts")
_INSTALL: Final = "Make it with: kfbridge k8s install"
_ANONYMOUS: Final = "system:anonymous"
_DOOR: Final = "pods/exec"


def checkups(cluster: Cluster, config: Config, root: Callable[[], Iterator[Checkup]]) -> Iterator[Checkup]:
    """Look at all of it.

    Args:
        cluster: The cluster; it becomes impatient.
        config: The target.
        root: Looks whether the artifact root can be read and written from here.
    """
    cluster.patience = PATIENCE
    try:
        yield Checkup("kubeconfig", True, f"leads to {cluster.configuration.host}, namespace {cluster.namespace}")
        major, minor = cluster.version
        yield Checkup("cluster", True, f"Kubernetes {major}.{minor} answers")
        yield from _rights(cluster, config)
        yield from _namespace(cluster)
        yield from _driver(cluster, config)
        yield from _claim(cluster, config)
    except BackendError as error:
        yield Checkup("cluster", False, error.reason, error.remedy or "")
        yield Checkup("what is in it", None, "It was not looked at: the cluster does not answer as it should.")
        return
    yield from _root(config, root)


def _rights(cluster: Cluster, config: Config) -> Iterator[Checkup]:
    for right in USER_RIGHTS:
        if right.resource == _DOOR and not _needs_door(config):
            continue
        subject = f"right to {'.'.join(filter(None, (right.resource, right.group)))}"
        missing = [verb for verb in right.verbs if not _may(cluster, right, verb)]
        if missing:
            said = f"{', '.join(missing)} is missing, for {right.purpose}"
            yield Checkup(subject, False, said, "Who manages the namespace gives it: kfbridge k8s install --user NAME")
        else:
            yield Checkup(subject, True, f"{', '.join(right.verbs)}, for {right.purpose}")


def _may(cluster: Cluster, right: Right, verb: str) -> bool:
    """Whether the server would let us (``SelfSubjectAccessReview``, which everybody whom it knows may ask for).

    Raises:
        BackendError: It does not know us.
    """
    resource, _, part = right.resource.partition("/")
    asked = {"namespace": cluster.namespace, "group": right.group, "resource": resource, "verb": verb}
    spec = {"resourceAttributes": {**asked, **({"subresource": part} if part else {})}}
    body = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": spec}
    try:
        return bool(cluster.request("POST", _REVIEW, body=body)["status"]["allowed"])
    except Refusal as error:
        if error.code != 401 and _ANONYMOUS not in error.reason:
            raise
        raise BackendError(
            f"The server does not know who asks: {error.reason}",
            remedy="Renew the credentials of the target's context, or name another context: kubectl auth can-i --list",
            backend="k8s",
        ) from error


def _namespace(cluster: Cluster) -> Iterator[Checkup]:
    """The namespace, which a user of it alone may not look at."""
    name = cluster.namespace
    try:
        cluster.request("GET", f"/api/v1/namespaces/{name}")
    except Refusal as error:
        if error.code == 404:
            yield Checkup("namespace", False, f"There is no namespace {name}.", _INSTALL)
        elif error.code == 403:
            yield Checkup("namespace", None, f"{name} may not be looked at with your rights.")
        else:
            raise
    else:
        yield Checkup("namespace", True, f"{name} is there")


def _driver(cluster: Cluster, config: Config) -> Iterator[Checkup]:
    if config.driver == "client":
        return
    name = config.driver_service_account or DRIVER
    found = _looked_at(cluster, _ACCOUNT, name)
    if found is None:
        yield Checkup("account of the driver", None, f"{name} may not be looked at with your rights.")
    elif not found:
        yield Checkup("account of the driver", False, f"There is no account {name} in {cluster.namespace}.", _INSTALL)
    else:
        yield Checkup("account of the driver", True, f"{name} is there; what it may do was not looked at")


def _claim(cluster: Cluster, config: Config) -> Iterator[Checkup]:
    root = artifact_root(config.artifact_root)
    if not isinstance(root, ClaimRoot):
        return
    subject = f"claim {root.claim}"
    found = _looked_at(cluster, CLAIM, root.claim)
    if found is None:
        yield Checkup(subject, None, "It may not be looked at with your rights.")
    elif not found:
        yield Checkup(subject, False, f"There is no such claim in {cluster.namespace}.", _INSTALL)
    else:
        yield _standing(subject, found, config)


def _standing(subject: str, claim: dict[str, Any], config: Config) -> Checkup:
    status = claim.get("status") or {}
    phase = status.get("phase")
    modes = status.get("accessModes") or claim["spec"]["accessModes"]
    look = f"See why: kubectl describe pvc {claim['metadata']['name']}"
    if phase == "Pending":
        return Checkup(subject, None, "It is not bound yet; some classes wait for the first pod that mounts it.", look)
    if phase != "Bound":
        return Checkup(subject, False, f"Its volume is gone: it is {phase}.", look)
    if config.access_mode not in modes and "ReadWriteMany" not in modes:
        said = f"It is {', '.join(modes)}, and the target says {config.access_mode}."
        return Checkup(subject, False, said, f'Set access_mode = "{modes[0]}", or take another claim.')
    return Checkup(subject, True, f"It is bound, {', '.join(modes)}")


def _looked_at(cluster: Cluster, resource: Resource, name: str) -> dict[str, Any] | None:
    """An object, an empty one where there is none, and None where it may not be looked at."""
    try:
        return cluster.get(resource, name) or {}
    except Refusal as error:
        if error.code != 403:
            raise
        return None


def _root(config: Config, root: Callable[[], Iterator[Checkup]]) -> Iterator[Checkup]:
    """The artifact root, and the image, which has come when a door of it is open."""
    if config.runtime_image is None:
        remedy = "Set runtime_image in kfbridge.toml to an image that has kfbridge."
        yield Checkup("image of kfbridge", False, "The target names none.", remedy)
        if _needs_door(config):
            yield Checkup("remote artifact root", None, "It is reached by a pod of that image.")
            return
    try:
        found = list(root())
    except KfbridgeError as error:
        found = [Checkup("remote artifact root", False, error.reason, error.remedy or "")]
    yield from found
    if config.runtime_image is None:
        return
    if _needs_door(config) and all(one.ok for one in found):
        yield Checkup("image of kfbridge", True, f"{config.runtime_image} runs there: the root was reached by it")
    else:
        yield Checkup("image of kfbridge", None, f"Whether {config.runtime_image} can be pulled, a run will show.")


def _needs_door(config: Config) -> bool:
    root = artifact_root(config.artifact_root)
    return isinstance(root, ClaimRoot) and root.claim not in config.storage.claims
