"""The artifact root of a target, as pods see it.

A root on a volume claim is mounted into every container at one place, the driver's own included: URIs are paths there,
and nothing is staged. A bucket is reached by staging (`kfbridge.backends.k8s.staging`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from kfbridge.storage.address import parse

MOUNT: Final = "/kfbridge/root"
"""Where the folder of ``pvc://CLAIM/FOLDER`` is in every pod."""

VOLUME: Final = "kfbridge-root"


@dataclass(frozen=True, slots=True)
class ClaimRoot:
    """A folder of a volume claim of the namespace."""

    claim: str
    folder: str = ""

    @property
    def place(self) -> str:
        """What the URIs of a run begin with."""
        return MOUNT

    def volume(self) -> dict[str, Any]:
        """The pod's volume."""
        return {"name": VOLUME, "persistentVolumeClaim": {"claimName": self.claim}}

    def mount(self) -> dict[str, Any]:
        """What a container says to see the folder; what else is on the claim, it does not see."""
        mount = {"name": VOLUME, "mountPath": MOUNT}
        return {**mount, "subPath": self.folder} if self.folder else mount


@dataclass(frozen=True, slots=True)
class BucketRoot:
    """A place in an object store; `place` is its URI, without a slash at the end."""

    place: str


Root = ClaimRoot | BucketRoot


def opening(group: int) -> str:
    """The remedy for a folder that pods cannot write: hostPath and NFS volumes, for example, know no fsGroup."""
    return (
        f"Give it to the group that pods have, where the volume lies: chgrp {group} FOLDER && chmod 2775 FOLDER; or "
        "name the group that it has: fs_group in kfbridge.toml."
    )


def artifact_root(uri: str) -> Root:
    """The root that a target's ``artifact_root`` names.

    Raises:
        UsageError: It cannot be read as an address.
    """
    if not uri.startswith("pvc://"):
        return BucketRoot(uri.rstrip("/"))
    address = parse(uri)
    return ClaimRoot(address.bucket, address.key.strip("/"))
