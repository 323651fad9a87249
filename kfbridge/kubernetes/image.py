"""How a task's image is pulled."""

from __future__ import annotations

from collections.abc import Sequence

from kfbridge.dsl.pipeline_channel import PipelineChannel
from kfbridge.dsl.pipeline_task import PipelineTask
from kfbridge.kubernetes.arguments import named
from kfbridge.kubernetes.call import Call

_POLICIES = ("Always", "Never", "IfNotPresent")


def set_image_pull_secrets(task: PipelineTask, secret_names: Sequence[PipelineChannel | str]) -> PipelineTask:
    """Pull the image with the credentials in these Secrets, and in those of earlier calls.

    Args:
        task: The task.
        secret_names: The Secrets' names, or channels for them.

    Raises:
        CompileError: An argument is of the wrong kind.
    """
    call = Call("set_image_pull_secrets", task)
    names = [call.name("secret_names", name) for name in call.items("secret_names", secret_names)]
    return call.append("imagePullSecret", *(named("secretName", name) for name in names))


def set_image_pull_policy(task: PipelineTask, policy: str) -> PipelineTask:
    """Set when the image is pulled.

    Args:
        task: The task.
        policy: ``Always``, ``Never`` or ``IfNotPresent``.

    Raises:
        CompileError: It is another.
    """
    call = Call("set_image_pull_policy", task)
    return call.set("imagePullPolicy", call.choice("policy", policy, _POLICIES))
