"""What the objects of an attempt say about it; pure, so that every ending can be tried without a cluster.

Sources: ``Kubernetes documentation, Pod Lifecycle`` (phases, conditions), ``Disruptions`` (the condition
``DisruptionTarget`` and its reasons, from 1.25), ``Jobs`` (conditions); the waiting reasons of containers are the
kubelet's (``kubernetes/kubernetes, pkg/kubelet/images/types.go`` and ``pkg/kubelet/kuberuntime``). What is marked as
seen was seen on a server of 1.20.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

from kfbridge.backends.k8s.draft import MAIN
from kfbridge.backends.k8s.ending import Ended, ended_container, statuses, why_failed
from kfbridge.backends.k8s.quota import can_never_fit
from kfbridge.backends.k8s.staging import STAGE_OUT

Document = Mapping[str, Any]


class Cause(Enum):
    """Why an attempt waits, which says how long it may."""

    STARTING = "starting"
    QUEUED = "queued"  # somebody holds it back on purpose: no limit
    IMAGE = "image"
    PLACE = "place"  # no node, no quota, a volume that does not come


@dataclass(frozen=True, slots=True)
class Waiting:
    """Nothing of the step has run yet; `reason` is a phrase for the user, empty while it merely starts."""

    cause: Cause
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Running:
    """The step runs."""


@dataclass(frozen=True, slots=True)
class Succeeded:
    """The step, and the copying after it, ended well."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The attempt ended badly; see `kfbridge.engine.events.TaskFailed`."""

    reason: str
    code: int | None = None
    terminal: bool = False


@dataclass(frozen=True, slots=True)
class Lost:
    """The attempt was taken away; it does not count."""

    reason: str


@dataclass(frozen=True, slots=True)
class RootImage:
    """The kubelet does not start `image` as it is, because it would run as root, or as a user without a number."""

    image: str


Verdict = Waiting | Running | Succeeded | Failed | Lost | RootImage


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of an attempt.

    Attributes:
        task: The step's name.
        look: Where its output is, as a line of its own.
        job: Its Job; None before it was seen.
        pod: The pod that counts; None before it was seen.
        job_gone: Whether the Job was deleted, and the pod, `pod_gone`.
        warnings: The messages of events about the two, by reason; the last of each.
        settled: Whether so much time has passed since the Job ended that nothing more is to come of its pod.
    """

    task: str
    look: str
    job: Document | None = None
    pod: Document | None = None
    job_gone: bool = False
    pod_gone: bool = False
    warnings: Mapping[str, str] = field(default_factory=dict)
    settled: bool = False


def judge(seen: Seen) -> Verdict:
    """How an attempt stands."""
    return next(found for rule in _RULES for found in rule(seen))


# Rules: the first that has something to say counts --------------------------------------------------

Rule = Callable[[Seen], Iterator[Verdict]]


def _pod_ended(seen: Seen) -> Iterator[Verdict]:
    if seen.pod is None:
        return
    phase = seen.pod["status"].get("phase")
    if phase == "Succeeded":
        yield Succeeded()
    elif phase == "Failed":
        taken = _taken(seen.pod)
        if taken is not None:
            yield Lost(taken)
        else:
            failure = why_failed(Ended.of(seen.pod, seen.task, seen.look))
            yield Failed(failure.reason, failure.code, failure.terminal)


def _pod_went(seen: Seen) -> Iterator[Verdict]:
    if seen.pod is None or not seen.pod_gone:
        return
    yield Lost(_taken(seen.pod) or "its pod was deleted: preempted, drained from its node, or by somebody's hand")


def _job_ended(seen: Seen) -> Iterator[Verdict]:
    """The Job's own end counts once nothing more is to come of the pod: the two are told apart from each other."""
    if seen.job_gone and seen.pod is None:  # a pod outlives its Job for as long as it may take to end
        yield Lost("its Job was deleted")
    if seen.job is None or not seen.settled:
        return
    for condition in seen.job.get("status", {}).get("conditions") or ():
        if condition.get("status") == "True" and condition["type"] == "Complete":
            yield Succeeded()
        if condition.get("status") == "True" and condition["type"] == "Failed":
            if condition.get("reason") == "DeadlineExceeded":
                yield Failed(f"it took longer than the time limit of its Job\n{seen.look}")
            yield Lost("its pod was deleted before its end was seen")


def _held_back(seen: Seen) -> Iterator[Verdict]:
    if seen.job is not None and seen.job["spec"].get("suspend"):
        yield Waiting(Cause.QUEUED, "its queue has not let it in yet (the Job is suspended)")
    if seen.pod is not None and (seen.pod["spec"].get("schedulingGates") or ()):
        yield Waiting(Cause.QUEUED, "its queue has not let it in yet (its pod has scheduling gates)")


def _no_pod(seen: Seen) -> Iterator[Verdict]:
    if seen.pod is not None:
        return
    said = seen.warnings.get("FailedCreate", "")
    if "exceeded quota" in said:
        if can_never_fit(said):
            yield Failed(
                f"it asks for more than the quota of the namespace allows at all: {_tail(said)}", terminal=True
            )
        yield Waiting(Cause.PLACE, f"the quota of the namespace is used up: {_tail(said)}")
    elif said:
        if _is_refusal(said):
            yield Failed(f"the cluster does not admit its pod: {_tail(said)}", terminal=True)
        yield Waiting(Cause.PLACE, f"its pod cannot be made: {_tail(said)}")
    yield Waiting(Cause.STARTING)


def _main_runs(seen: Seen) -> Iterator[Verdict]:
    assert seen.pod is not None
    after = ended_container(seen.pod, MAIN)
    if after is not None and after.get("state", {}).keys() & {"running", "terminated"}:
        yield Running()
    last = ended_container(seen.pod, STAGE_OUT)
    if last is not None and "running" in last.get("state", {}):
        yield Running()


def _container_waits(seen: Seen) -> Iterator[Verdict]:
    assert seen.pod is not None
    for one in statuses(seen.pod):
        waiting = one.get("state", {}).get("waiting") or {}
        reason, message = waiting.get("reason", ""), _clean(waiting.get("message", ""))
        image = _image(seen.pod, one["name"])
        if reason == "CreateContainerConfigError" and "runAsNonRoot" in message:
            yield RootImage(image)
        if reason == "InvalidImageName":
            yield Failed(f"{image!r} is no name of an image", terminal=True)
        if reason in _PULL:
            yield Waiting(
                Cause.IMAGE, f"its image {image} cannot be pulled: {_registry(seen, image) or message or reason}"
            )
        if reason in _CANNOT:
            yield Waiting(Cause.PLACE, f"its container {one['name']} cannot be made: {message or reason}")


def _registry(seen: Seen, image: str) -> str:
    """What the registry said, from the event of the pull; the status soon tells of the back-off alone."""
    head, found, said = _clean(seen.warnings.get("Failed", "")).partition(f'Failed to pull image "{image}": ')
    return said if found and not head else ""


_PULL: Final = frozenset(
    {"ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "RegistryUnavailable", "ImageInspectError"}
)
_CANNOT: Final = frozenset(
    {"CreateContainerConfigError", "CreateContainerError", "PreCreateHookError", "PreStartHookError"}
)


def _no_node(seen: Seen) -> Iterator[Verdict]:
    assert seen.pod is not None
    for condition in seen.pod["status"].get("conditions") or ():
        if condition["type"] == "PodScheduled" and condition.get("status") == "False":
            said = _clean(condition.get("message", "")) or condition.get("reason", "")
            yield Waiting(Cause.PLACE, f"no node takes its pod: {said}")


def _no_volume(seen: Seen) -> Iterator[Verdict]:
    said = seen.warnings.get("FailedMount") or seen.warnings.get("FailedAttachVolume")
    if said:
        yield Waiting(Cause.PLACE, f"a volume of its pod does not come: {_clean(said)}")


def _starting(seen: Seen) -> Iterator[Verdict]:
    yield Waiting(Cause.STARTING)


_RULES: Final[tuple[Rule, ...]] = (
    _pod_ended,
    _pod_went,
    _job_ended,
    _held_back,
    _no_pod,
    _main_runs,
    _container_waits,
    _no_node,
    _no_volume,
    _starting,
)

# A pod that was taken away --------------------------------------------------------------------------

_DISRUPTIONS: Final[Mapping[str, str]] = {
    "PreemptionByScheduler": "it was preempted by a pod of higher priority",
    "PreemptionByKubeScheduler": "it was preempted by a pod of higher priority",
    "DeletionByTaintManager": "its node did not answer, or was tainted",
    "EvictionByEvictionAPI": "its node was drained",
    "DeletionByPodGC": "its node is gone",
    "TerminationByKubelet": "its node had to end it",
}

_NODE_SAYS: Final[Mapping[str, str]] = {
    "NodeLost": "its node is lost",
    "Preempting": "it was preempted by a critical pod of its node",
    "NodeShutdown": "its node was shut down",
    "Shutdown": "its node was shut down",
    "Terminated": "its node was shut down",
    "NodeAffinity": "its node was changed before the pod began",
    "UnexpectedAdmissionError": "its node did not take the pod",
}
"""``status.reason`` of a pod that its kubelet ended, or did not take."""


def _taken(pod: Document) -> str | None:
    """Why a pod that did not succeed was taken away by the cluster; None when its end is its own."""
    status = pod["status"]
    said = _clean(status.get("message", ""))
    reason = str(status.get("reason") or "")
    if reason == "Evicted":
        return f"its node evicted it: {said}" if "node was low on resource" in said.lower() else None
    if reason in _NODE_SAYS or reason.startswith("OutOf"):
        known = _NODE_SAYS.get(reason, f"its node had no room left for it ({reason})")
        return f"{known}: {said}" if said else known
    for condition in status.get("conditions") or ():
        if condition["type"] == "DisruptionTarget" and condition.get("status") == "True":
            known = _DISRUPTIONS.get(str(condition.get("reason")), f"it was disrupted ({condition.get('reason')})")
            return f"{known}: {_clean(condition.get('message', ''))}".removesuffix(": ")
    if pod["metadata"].get("deletionTimestamp"):
        return "its pod was deleted: preempted, drained from its node, or by somebody's hand"
    return None


# Words ----------------------------------------------------------------------------------------------

_REFUSALS: Final = ("is forbidden", "is invalid", "denied the request", "violates PodSecurity", "Unsupported value")
_PASSING: Final = ("failed calling webhook", "connection refused", "i/o timeout", "context deadline exceeded")


def _is_refusal(message: str) -> bool:
    """Whether the cluster will not admit such a pod, however often it is asked."""
    return any(word in message for word in _REFUSALS) and not any(word in message for word in _PASSING)


def _tail(message: str) -> str:
    """The message without ``Error creating: pods "NAME" is forbidden:``, whose name is new with each try."""
    text = _clean(message).removeprefix("Error creating: ")
    head, separator, rest = text.partition(" is forbidden: ")
    return rest if separator and head.startswith("pods ") else text


def _clean(message: str) -> str:
    return " ".join(str(message).split())[:600]


def _image(pod: Document, container: str) -> str:
    every = (*(pod["spec"].get("initContainers") or ()), *pod["spec"]["containers"])
    return next((str(one["image"]) for one in every if one["name"] == container), container)
