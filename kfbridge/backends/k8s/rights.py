"""What accounts may do in a namespace, and what each right is for: the driver's, and those of a user of kfbridge.

Both are roles of the namespace alone: nothing of the cluster, no secrets. Who may make Jobs may run as any account of
the namespace and remove what others run there (``Kubernetes documentation, RBAC Good Practices``, workload creation):
the namespace is the border between users who must not reach each other's data.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

DRIVER: Final = "kfbridge-driver"
"""The driver's account, and its role, unless the target names an account."""

USER: Final = "kfbridge-user"
"""The role of those who run pipelines."""


@dataclass(frozen=True, slots=True)
class Right:
    """One rule of a role.

    Attributes:
        group: The group of the API; empty for the core.
        resource: The kind of objects, in the plural.
        verbs: What may be done with them.
        purpose: What for, as words that read after "for".
    """

    group: str
    resource: str
    verbs: tuple[str, ...]
    purpose: str

    def rule(self) -> dict[str, Any]:
        """The rule as a role has it."""
        return {"apiGroups": [self.group], "resources": [self.resource], "verbs": list(self.verbs)}


DRIVER_RIGHTS: Final = (
    # make attempts, watch all of them at once, remove what is cancelled
    Right("batch", "jobs", ("create", "get", "list", "watch", "delete"), "steps"),
    # why an attempt failed, or waits; a pod of a lost node is removed by hand
    Right("", "pods", ("get", "list", "watch", "delete"), "the states of steps"),
    Right("", "pods/log", ("get",), "logs"),
    Right("", "events", ("list", "watch"), "the cluster's own reasons"),
    # CreatePVC, DeletePVC and the workspace
    Right("", "persistentvolumeclaims", ("create", "get", "delete"), "volumes that pipelines make"),
)
"""What the driver may do in its namespace. It reads no secrets."""

USER_RIGHTS: Final = (
    # the driver's Job, doors, and steps where this process drives (driver = "client"); cancelling removes all Jobs of a
    # run at once; runs that outlive their schedule are taken from it (patch)
    Right(
        "batch", "jobs", ("create", "get", "list", "watch", "patch", "delete", "deletecollection"), "runs, steps, doors"
    ),
    # what has become of the driver, a step, a door; cancelling removes all pods of a run at once
    Right("", "pods", ("get", "list", "watch", "delete", "deletecollection"), "the states of steps, and cancelling"),
    Right("", "pods/log", ("get",), "logs"),
    # A WebSocket begins with a GET, which the server takes for the verb get; newer servers ask for create as well.
    Right("", "pods/exec", ("get", "create"), "reaching the claim of a pvc:// root"),
    Right("", "events", ("list", "watch"), "the cluster's own reasons"),
    # what the driver is told; it is handed from a schedule that goes away to the runs that need it still (patch)
    Right("", "configmaps", ("create", "patch"), "telling the driver what to run"),
    # volumes where this process drives; `kfbridge doctor` looks at the claim of the root
    Right("", "persistentvolumeclaims", ("create", "get", "delete"), "volumes that pipelines make"),
    # `create --replace` updates, `pause` patches
    Right("batch", "cronjobs", ("create", "get", "list", "update", "patch", "delete"), "schedules"),
)
"""What a user of the namespace may do: all that kfbridge asks for, wherever the driver is, and nothing else."""
