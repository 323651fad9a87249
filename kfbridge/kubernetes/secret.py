"""Secrets in a task's environment, and as files."""

from __future__ import annotations

from collections.abc import Mapping

from kfbridge.dsl.pipeline_channel import PipelineChannel
from kfbridge.dsl.pipeline_task import PipelineTask
from kfbridge.kubernetes.arguments import named
from kfbridge.kubernetes.call import Call


def use_secret_as_env(
    task: PipelineTask,
    secret_name: PipelineChannel | str,
    secret_key_to_env: Mapping[str, str],
    optional: bool = False,
) -> PipelineTask:
    """Set environment variables to values of a Secret.

    Args:
        task: The task.
        secret_name: The Secret's name, or a channel for it.
        secret_key_to_env: The variable for each key: ``{"password": "DB_PASSWORD"}``.
        optional: Whether the task may start without the Secret.

    Raises:
        CompileError: An argument is of the wrong kind.
    """
    call = Call("use_secret_as_env", task)
    variables = call.text_map("secret_key_to_env", secret_key_to_env)
    if not variables:
        call.refuse("secret_key_to_env", "nothing", "Name at least one key and its variable.")
    entry = {
        **named("secretName", call.name("secret_name", secret_name)),
        "keyToEnv": [{"secretKey": key, "envVar": variable} for key, variable in variables.items()],
        "optional": call.flag("optional", optional),
    }
    return call.append("secretAsEnv", entry)


def use_secret_as_volume(
    task: PipelineTask, secret_name: PipelineChannel | str, mount_path: str, optional: bool = False
) -> PipelineTask:
    """Mount a Secret as a folder with one file per key.

    Args:
        task: The task.
        secret_name: The Secret's name, or a channel for it.
        mount_path: The folder in the container.
        optional: Whether the task may start without the Secret.

    Raises:
        CompileError: An argument is of the wrong kind.
    """
    call = Call("use_secret_as_volume", task)
    entry = {
        **named("secretName", call.name("secret_name", secret_name)),
        "mountPath": call.text("mount_path", mount_path),
        "optional": call.flag("optional", optional),
    }
    return call.append("secretAsVolume", entry)
