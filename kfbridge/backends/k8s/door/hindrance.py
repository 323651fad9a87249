"""Why a door's pod does not start, in the words of the scheduler and the kubelet."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

_CLAIM: Final = re.compile(r'persistentvolumeclaim "[^"]*" not found')
_IMAGE: Final = "Correct runtime_image, image_pull_policy and image_pull_secrets of the target."
_POD: Final = "See what the kubelet says: kubectl describe pod -l kfbridge.dev/door"

_DOUBTFUL: Final[Mapping[str, str]] = {
    "ErrImagePull": _IMAGE,
    "ImagePullBackOff": _IMAGE,
    "ErrImageNeverPull": _IMAGE,
    "InvalidImageName": _IMAGE,
    "RegistryUnavailable": _IMAGE,
    "CreateContainerConfigError": _POD,
    "CreateContainerError": _POD,
    "RunContainerError": _POD,
    "FailedCreatePodSandBox": _POD,
    "FailedMount": "Correct artifact_root, or mend the volume: kubectl describe pvc",
    "FailedCreate": "Correct the settings of the target that the server names, or ask who sets the namespace's rules.",
}
"""Reasons for which a container waits that rarely go away by themselves, and the remedy."""

_PASSING: Final = frozenset({"Evicted", "Preempting", "NodeLost", "NodeAffinity", "Shutdown", "Terminated", "Deleted"})
"""Reasons for which a pod fails through no fault of its own: another one may live."""


@dataclass(frozen=True, slots=True)
class Hindrance:
    """What keeps a door from opening.

    Attributes:
        reason: In the cluster's words.
        remedy: What to do.
        doubtful: Whether it rarely goes away by itself.
        claim_missing: Whether it is that there is no such claim.
    """

    reason: str
    remedy: str
    doubtful: bool = False
    claim_missing: bool = False


def of_pod(pod: Mapping[str, Any]) -> Hindrance | None:
    """Why a pod does not run yet, as far as its status says it."""
    status = pod.get("status") or {}
    for one in status.get("conditions") or ():
        if one["type"] == "PodScheduled" and one["status"] == "False":
            message = (one.get("message") or one.get("reason") or "").rstrip(".")
            if _CLAIM.search(message):
                remedy = "Make it with `kfbridge k8s install`, or correct artifact_root."
                return Hindrance(message, remedy, doubtful=True, claim_missing=True)
            return Hindrance(message, "Make room, or correct node_selector and tolerations of the target.")
    for one in status.get("containerStatuses") or ():
        waiting = (one.get("state") or {}).get("waiting") or {}
        if waiting.get("reason") in _DOUBTFUL:
            return _doubtful(waiting["reason"], waiting.get("message") or "")
    return None


def of_failed(pod: Mapping[str, Any]) -> Hindrance | None:
    """Why a pod failed, if it would again; None where another one may live."""
    status = pod.get("status") or {}
    ended = [(one.get("state") or {}).get("terminated") or {} for one in status.get("containerStatuses") or ()]
    guilty = next((one for one in ended if one.get("exitCode") not in (None, 0, 137, 143)), None)
    if guilty is None or status.get("reason") in _PASSING or pod["metadata"].get("deletionTimestamp"):
        return None
    said = " ".join((guilty.get("message") or guilty.get("reason") or "").split()).rstrip(".")
    return Hindrance(
        f"its program ended with exit code {guilty['exitCode']}: {said}",
        "Set runtime_image to an image with python3 and this version of kfbridge.",
    )


def of_events(events: Iterable[Mapping[str, Any]]) -> Hindrance | None:
    """What the last warning among events says that is known to keep a pod from starting."""
    known = [one for one in events if one.get("type") == "Warning" and one.get("reason") in _DOUBTFUL]
    if not known:
        return None
    last = max(known, key=lambda one: str(one.get("lastTimestamp") or one.get("eventTime") or ""))
    return _doubtful(last["reason"], last.get("message") or "")


def _doubtful(reason: str, message: str) -> Hindrance:
    text = " ".join(message.split()).rstrip(".")
    return Hindrance(f"{reason}: {text}" if text else reason, _DOUBTFUL[reason], doubtful=True)
