"""Who a step runs as, and what it may do.

By default a pod satisfies the Pod Security Standard "restricted" (``Kubernetes documentation, Pod Security
Standards``): no privilege escalation, no capabilities, the runtime's seccomp profile, and a user that is not root. The
last is a matter of the image, which nobody knows before it is pulled, and two wishes disagree about it: the image's
own user is to be kept, and ``python:3.11`` says root. So:

* `Security.RESTRICTED` asks for ``runAsNonRoot`` and names no user. An image with a user of its own (by number) runs
  as that user. Where it is root, or a user by name, the kubelet does not start the container; it waits with the reason
  ``CreateContainerConfigError`` (tried with 1.20: nothing of the step has run by then).
* The runner that sees this makes the Job anew with `Security.NUMBERED`: a number from the target's settings instead of
  root, and a home folder that this user can write to.
* `Security.IMAGE` is for targets that say so (``pod_security = "baseline"``): whatever the image says, root included.

What a task says with ``set_security_context`` goes before all of it; ``set_native`` before that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, Final

from kfbridge.backends.k8s.draft import Draft
from kfbridge.backends.k8s.reference import number

HOME: Final = "/kfbridge/home"
"""The home folder of a user whom the image does not know."""

_SECCOMP: Final[Mapping[str, Any]] = {"seccompProfile": {"type": "RuntimeDefault"}}
_CONFINED: Final[Mapping[str, Any]] = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}


class Security(Enum):
    """What is asked for where the task does not say; see the module."""

    RESTRICTED = "restricted"
    NUMBERED = "numbered"
    IMAGE = "image"


def secure(draft: Draft, judge: Callable[[str], Security], user: int, group: int | None) -> None:
    """Set the security contexts of the pod and of its containers, where settings have not.

    Args:
        draft: The pod, with what the task's settings say.
        judge: What is asked for a container, by its image.
        user: The number to run as instead of root.
        group: The group that volumes are given to; None leaves them alone.
    """
    security = judge(draft.main["image"])
    own: dict[str, Any] = draft.main.get("securityContext", {})
    pod: dict[str, Any] = dict(_SECCOMP)
    if group is not None:
        # Without the policy, a claim with many files would be walked through before every step.
        pod |= {"fsGroup": group, "fsGroupChangePolicy": "OnRootMismatch"}
    if security is not Security.IMAGE:
        own = {**_CONFINED, **_user(own, security, user), **own}
    if security is Security.NUMBERED and own.get("runAsUser") == user and "HOME" not in draft.env:
        draft.variable("HOME", HOME)
        draft.mount(draft.volume("kfbridge-home", {"emptyDir": {}}), HOME)
    draft.spec["securityContext"] = pod
    if own:
        draft.main["securityContext"] = own
    draft.init = [confined(one, judge(one.get("image", "")), user) for one in draft.init]


def confined(container: Mapping[str, Any], security: Security, user: int) -> dict[str, Any]:
    """A container beside the step, restricted like it; `user` is the number to run as instead of root."""
    if security is Security.IMAGE:
        return dict(container)
    return {**container, "securityContext": {**_CONFINED, **_user({}, security, user)}}


def copying(main: Mapping[str, Any], security: Security, user: int) -> dict[str, Any]:
    """The security context of a container of kfbridge's own that reads what the step wrote, and writes what it reads.

    It runs as the step's user where that is known, because a step may write files for itself alone; else as `user`,
    who is in the same group. Where the image's own user counts, it is root, who may read everything.

    Args:
        main: The step's container.
        security: What is asked for in the pod.
        user: The number to run as instead of root.
    """
    own = main.get("securityContext") or {}
    group = {"runAsGroup": own["runAsGroup"]} if "runAsGroup" in own else {}
    if security is Security.IMAGE:
        return {"runAsUser": own.get("runAsUser", 0), **group}
    number = own.get("runAsUser", user)
    return {**_CONFINED, "runAsNonRoot": number != 0, "runAsUser": number, **group}


def _user(own: Mapping[str, Any], security: Security, user: int) -> dict[str, Any]:
    """What is said about the user where the task says nothing: not root, unless the task asked for root by number."""
    if "runAsUser" in own:
        return {} if own["runAsUser"] == 0 else {"runAsNonRoot": True}
    return {"runAsNonRoot": True, **({"runAsUser": user} if security is Security.NUMBERED else {})}


def security_context(draft: Draft, setting: Mapping[str, Any]) -> None:
    """The setting ``securityContext``."""
    found = {name: number(setting[name], name) for name in ("runAsUser", "runAsGroup") if setting.get(name) is not None}
    if setting.get("runAsNonRoot") is not None:
        found["runAsNonRoot"] = bool(setting["runAsNonRoot"])
    draft.main["securityContext"] = found
