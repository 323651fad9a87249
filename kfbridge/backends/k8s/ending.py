"""How a pod that failed came to its end, as a sentence for the user."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from kfbridge.backends.driven.failures import exited, killed, read_error
from kfbridge.backends.k8s.draft import MAIN
from kfbridge.backends.k8s.staging import STAGE_IN, STAGE_OUT

_OUT_OF_MEMORY: Final = "OOMKilled"
_NOT_STARTED: Final = frozenset({"StartError", "ContainerCannotRun"})
_COPYING: Final = {STAGE_IN: "its inputs could not be brought", STAGE_OUT: "its outputs could not be stored"}


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an attempt failed."""

    reason: str
    code: int | None = None
    terminal: bool = False


@dataclass(frozen=True, slots=True)
class Ended:
    """A pod whose phase is ``Failed``.

    Attributes:
        pod: The pod.
        task: The step's name.
        look: Where its output is, as a line of its own.
        blamed: The container that ended badly, as its status tells; None when it was none.
    """

    pod: Mapping[str, Any]
    task: str
    look: str
    blamed: Mapping[str, Any] | None

    @classmethod
    def of(cls, pod: Mapping[str, Any], task: str, look: str) -> Ended:
        """Find the container to blame: the first that ended with a code other than 0."""
        bad = (one for one in statuses(pod) if (one.get("state", {}).get("terminated") or {}).get("exitCode"))
        return cls(pod, task, look, next(bad, None))


def statuses(pod: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """The statuses of all containers of a pod, those that run before the others first."""
    status = pod["status"]
    return (*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ()))


def ended_container(pod: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    """The status of a container of that name, wherever it stands in the pod."""
    return next((one for one in statuses(pod) if one["name"] == name), None)


def why_failed(ended: Ended) -> Failure:
    """Why the attempt failed; the cluster's own reasons go before exit codes."""
    status = ended.pod["status"]
    said = " ".join(str(status.get("message") or "").split())
    if status.get("reason") == "DeadlineExceeded":
        limit = ended.pod["spec"].get("activeDeadlineSeconds")
        return Failure(f"it took longer than its timeout of {limit} s\n{ended.look}")
    if status.get("reason") == "Evicted":
        return Failure(f"its node evicted it: {said}\n{ended.look}")
    if ended.blamed is None:
        why = (
            ": ".join(part for part in (str(status.get("reason") or ""), said) if part) or "the cluster gives no reason"
        )
        return Failure(f"its pod failed: {why}\n{ended.look}")
    return _blame(ended, ended.blamed)


def _blame(ended: Ended, container: Mapping[str, Any]) -> Failure:
    name, state = container["name"], container["state"]["terminated"]
    code, message = int(state["exitCode"]), str(state.get("message") or "").strip()
    if state.get("reason") == _OUT_OF_MEMORY:
        who = "" if name == MAIN else f" (the container {name})"
        limit = _memory_limit(ended.pod, name)
        why = f"out of memory{who}: it used more than its limit{f' of {limit}' if limit else ''}"
        return Failure(killed(ended.task, 9, ended.look, f"{why}; ask for more with set_memory_limit"), code)
    if name in _COPYING:
        return Failure(f"{_COPYING[name]}: {_copying_said(message) or f'exit code {code}'}", code)
    if state.get("reason") in _NOT_STARTED:
        return Failure(f"step {ended.task} could not be started: {message or state['reason']}", code)
    if name != MAIN:
        last = _last_line(message)
        return Failure(f"its init container {name} ended with exit code {code}{f': {last}' if last else ''}", code)
    return Failure(exited(ended.task, code, ended.look, read_error(message), _last_line(message)), code)


def _copying_said(message: str) -> str:
    """What the staging program wrote: a document, or plain lines where it could not even begin."""
    try:
        return str(json.loads(message)["message"])
    except (ValueError, LookupError, TypeError):
        return _last_line(message)


def _last_line(message: str) -> str:
    """The last thing that a container printed, as far as the kubelet keeps it (`FallbackToLogsOnError`)."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    return lines[-1][:300] if lines else ""


def _memory_limit(pod: Mapping[str, Any], container: str) -> str:
    every = (*(pod["spec"].get("initContainers") or ()), *pod["spec"]["containers"])
    found: Mapping[str, Any] = next((one for one in every if one["name"] == container), {})
    return str(((found.get("resources") or {}).get("limits") or {}).get("memory") or "")
