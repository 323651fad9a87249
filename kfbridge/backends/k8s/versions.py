"""What of a pod only newer servers know; older ones drop such fields without an error, and the pod would hang."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True, order=True)
class Requirement:
    """The first server that knows something, as (major, minor), and what it is."""

    version: tuple[int, int]
    what: str


def _sidecar(pod: Mapping[str, Any]) -> bool:
    return any("restartPolicy" in one for one in pod.get("initContainers") or ())


def _claims(pod: Mapping[str, Any]) -> bool:
    return bool(pod.get("resourceClaims"))


def _namespace_selector(pod: Mapping[str, Any]) -> bool:
    affinity = pod.get("affinity") or {}
    return "namespaceSelector" in str([affinity.get("podAffinity"), affinity.get("podAntiAffinity")])


def _ephemeral(pod: Mapping[str, Any]) -> bool:
    return any("ephemeral" in one for one in pod.get("volumes") or ())


_RULES: Final[tuple[tuple[Requirement, Callable[[Mapping[str, Any]], bool]], ...]] = (
    # the version in which each is on by default, recalled; the first was seen to be refused by a server of 1.20
    (Requirement((1, 21), "volumes that are made for the pod (ephemeral)"), _ephemeral),
    (Requirement((1, 22), "an affinity to pods in namespaces with labels (namespaceSelector)"), _namespace_selector),
    (Requirement((1, 29), "init containers that go on beside the step (restartPolicy)"), _sidecar),
    (Requirement((1, 34), "claims for devices (resourceClaims)"), _claims),
)


def requirements(job: Mapping[str, Any]) -> Iterator[Requirement]:
    """What the pods of a Job need of the server."""
    pod = job["spec"]["template"]["spec"]
    return (requirement for requirement, applies in _RULES if applies(pod))
