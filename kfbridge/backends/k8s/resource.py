"""The kinds of objects that kfbridge deals with, and where the API server has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Resource:
    """One kind of namespaced object.

    Attributes:
        kind: As manifests call it.
        version: The version of its API, as manifests write it: ``batch/v1``.
        plural: The name in addresses, and in roles.
    """

    kind: str
    version: str
    plural: str

    def path(self, namespace: str, name: str = "", part: str = "") -> str:
        """The address of the collection, of one object, or of a part of it (``log``)."""
        start = "/apis" if "/" in self.version else "/api"
        parts = (start, self.version, "namespaces", namespace, self.plural, name, part)
        return "/".join(one for one in parts if one)


JOB: Final = Resource("Job", "batch/v1", "jobs")
POD: Final = Resource("Pod", "v1", "pods")
EVENT: Final = Resource("Event", "v1", "events")
CLAIM: Final = Resource("PersistentVolumeClaim", "v1", "persistentvolumeclaims")
CONFIG_MAP: Final = Resource("ConfigMap", "v1", "configmaps")
CRON_JOB: Final = Resource("CronJob", "batch/v1", "cronjobs")
OLD_CRON_JOB: Final = Resource("CronJob", "batch/v1beta1", "cronjobs")
"""Before Kubernetes 1.21 (``Deprecated API Migration Guide``: batch/v1 is there from 1.21, v1beta1 until 1.24)."""

BY_KIND: Final = {one.kind: one for one in (JOB, POD, EVENT, CLAIM, CONFIG_MAP, CRON_JOB)}
