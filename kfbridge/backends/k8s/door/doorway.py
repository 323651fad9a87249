"""The Job that is a door: a pod on the claim, in whose container clients start doorkeepers."""

from __future__ import annotations

import base64
import getpass
import hashlib
import json
import os
import re
from dataclasses import dataclass
from typing import Any, Final

from kfbridge.backends.k8s.config import Config
from kfbridge.backends.k8s.door.frame import PROTOCOL
from kfbridge.backends.k8s.draft import Draft
from kfbridge.backends.k8s.names import MANAGED_BY, PREFIX
from kfbridge.backends.k8s.root import MOUNT, ClaimRoot
from kfbridge.backends.k8s.scheduling import require_labels, tolerate
from kfbridge.backends.k8s.security import Security, confined
from kfbridge.backends.k8s.settings import pull_secrets
from kfbridge.errors import StorageError

RULES: Final[tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]] = (
    # make a door, find the one that is open, remove one that cannot open
    ("batch", ("jobs",), ("create", "get", "list", "watch", "delete")),
    # which pod it is, and why it waits
    ("", ("pods",), ("get", "list", "watch")),
    # A WebSocket begins with a GET, which the server takes for the verb get; newer servers ask for create as well.
    ("", ("pods/exec",), ("get", "create")),
)
"""What a user may do who reaches a claim by a door: group of the API, resources, verbs."""

DOOR: Final = f"{PREFIX}/door"
"""The label of doors: which claim, folder, user and settings they are for."""

ROOM: Final = "/kfbridge/door"
"""Where the locks of a door's sessions are."""

_NAME: Final = 40  # letters of a door's name, before the number of the Job and what pods add to it
_REQUESTS: Final = {"cpu": "50m", "memory": "64Mi"}


@dataclass(frozen=True, slots=True)
class Terms:
    """How long things may take, in seconds.

    Attributes:
        idle: A door that nobody has used for so long ends.
        lifetime: A door ends after so long in any case.
        kept: An ended door stays for so long, to be looked at.
        start: A pod that waits for a node, say, is waited for.
        doubt: A pod that waits for what rarely comes by itself (an image, a claim) is waited for.
    """

    idle: float = 300.0
    lifetime: int = 3_600
    kept: int = 300
    start: float = 300.0
    doubt: float = 45.0


@dataclass(frozen=True, slots=True)
class Doorway:
    """The doors of one user to one folder of a claim.

    Attributes:
        config: The target.
        namespace: Where they are made.
        root: The folder.
        terms: How long things take.
    """

    config: Config
    namespace: str
    root: ClaimRoot
    terms: Terms

    @property
    def key(self) -> str:
        """The value of the label `DOOR`: equal for all who can share a door."""
        said = [self.config.labels, self.config.annotations, self._pod(), self.terms.lifetime]
        text = json.dumps([_user(), PROTOCOL, said], sort_keys=True)
        digest = base64.b32encode(hashlib.sha256(text.encode()).digest()).decode("ascii").lower()[:10]
        readable = re.sub(r"[^a-z0-9]+", "-", f"{self.root.claim}-{self.root.folder}".lower())
        return f"{readable[: _NAME - len(digest) - 1].strip('-')}-{digest}"

    def job(self, number: int) -> dict[str, Any]:
        """A door.

        Args:
            number: Which one of its key; two that are made at once have the same name, so that only one comes to be.

        Raises:
            StorageError: The target names no image for it.
        """
        labels = {**self.config.labels, MANAGED_BY: "kfbridge", DOOR: self.key}
        template = {"metadata": {"labels": labels, "annotations": dict(self.config.annotations)}, "spec": self._pod()}
        return {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {"name": f"kfb-door-{self.key}-{number}", "namespace": self.namespace, "labels": labels},
            "spec": {
                "backoffLimit": 0,
                "completions": 1,
                "parallelism": 1,
                "activeDeadlineSeconds": self.terms.lifetime,
                "ttlSecondsAfterFinished": self.terms.kept,
                "template": template,
            },
        }

    def command(self) -> tuple[str, ...]:
        """What a client starts in the door's container."""
        return ("python3", "-m", "kfbridge.backends.k8s.door.doorkeeper", f"--root={MOUNT}", f"--room={ROOM}")

    def _pod(self) -> dict[str, Any]:
        config = self.config
        draft = Draft()
        porter = ["python3", "-m", "kfbridge.backends.k8s.door.porter", f"--room={ROOM}", f"--idle={self.terms.idle:g}"]
        draft.main |= {
            "image": self._image(),
            "command": porter,
            "resources": {"requests": dict(_REQUESTS)},
            "terminationMessagePolicy": "FallbackToLogsOnError",  # clients may not read logs
        }
        if config.image_pull_policy:
            draft.main["imagePullPolicy"] = config.image_pull_policy
        draft.main |= self._confined()
        volume, mount = self.root.volume(), self.root.mount()
        draft.volumes[volume.pop("name")] = volume
        draft.mounts[mount["mountPath"]] = mount
        draft.mount(draft.volume("kfbridge-door", {"emptyDir": {}}), ROOM)
        draft.spec |= {
            "restartPolicy": "Never",
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "terminationGracePeriodSeconds": config.grace_seconds,
            "securityContext": self._security(),
        }
        optional = {"serviceAccountName": config.service_account, "priorityClassName": config.priority_class}
        draft.spec |= {name: value for name, value in optional.items() if value}
        pull_secrets(draft, config.image_pull_secrets)
        require_labels(draft, config.node_selector)
        tolerate(draft, config.tolerations)
        return draft.pod()

    def _confined(self) -> dict[str, Any]:
        """The container's security context; what is made there is of the group, also where volumes know no fsGroup."""
        found = confined({}, Security.NUMBERED, self.config.run_as_user)
        if self.config.fs_group:
            # with the pod, containerd refuses a group that has no user beside it
            found["securityContext"]["runAsGroup"] = self.config.fs_group
        return found

    def _security(self) -> dict[str, Any]:
        found: dict[str, Any] = {"seccompProfile": {"type": "RuntimeDefault"}}
        if self.config.fs_group:
            found |= {"fsGroup": self.config.fs_group, "fsGroupChangePolicy": "OnRootMismatch"}
        return found

    def _image(self) -> str:
        if self.config.runtime_image:
            return self.config.runtime_image
        raise StorageError(
            f"The volume claim {self.root.claim!r} is reached by a pod, and the target names no image for it.",
            where=self.config.artifact_root,
            remedy="Set runtime_image in kfbridge.toml to an image that has kfbridge.",
        )


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a number without a name, or a system that has none
        return str(os.getuid() if hasattr(os, "getuid") else "")
