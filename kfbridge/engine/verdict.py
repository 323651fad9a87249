"""Why instances ended as they did: what the members of a group say about the group."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kfbridge.engine.instance import Instance, State
from kfbridge.errors import KfbridgeError
from kfbridge.graph.model import Trigger


def verdict(members: Iterable[Instance]) -> Instance | None:
    """The member that keeps the group from being a success, or None.

    A cancelled member weighs more than a failed one, and that more than one kept from running by a failure.
    """
    failed = blocked = None
    for member in members:
        if member.state is State.CANCELLED:
            return member
        if member.state is State.FAILED:
            failed = failed or member
        elif member.blocked:
            blocked = blocked or member
    return failed or blocked


def reason_of(member: Instance) -> str:
    """Why the group around `member` is no success: the reason of the innermost task, with its key."""
    if member.state is not State.FAILED or member.inner is not None:
        return member.reason
    return f"{member.key}: {member.reason}"


def spoiler_of(instance: Instance) -> str | None:
    """Why a producer's end keeps `instance` from starting, or None."""
    if instance.task.trigger is not Trigger.UPSTREAM_SUCCEEDED:
        return None
    for name in instance.task.producers:
        producer = instance.scope.children[name]
        if producer.spoilt:
            return f"{name} {'failed' if producer.state is State.FAILED else 'was kept from running'}"
    return None


def words(error: KfbridgeError, instance: Instance) -> str:
    """An error as the reason why `instance` failed: the place within the task, if any, and what is wrong."""
    within = error.where and error.where != instance.key
    return f"{error.where}: {error.reason}" if within else error.reason


def around(instance: Instance) -> Iterator[Instance]:
    """The groups that `instance` is in, the innermost first."""
    group = instance.parent
    while group is not None:
        yield group
        group = group.parent


def may_retry(instance: Instance) -> bool:
    """Whether a failure of `instance` would be tried again."""
    retry = instance.task.retry
    is_loop = instance.task.loop is not None and instance.iteration is None
    return retry is not None and not is_loop and instance.failures < retry.max_retries
