"""ConfigMaps in a task's environment, and as files."""

from __future__ import annotations

from collections.abc import Mapping

from kfbridge.dsl.pipeline_channel import PipelineChannel
from kfbridge.dsl.pipeline_task import PipelineTask
from kfbridge.kubernetes.arguments import named
from kfbridge.kubernetes.call import Call


def use_config_map_as_env(
    task: PipelineTask,
    config_map_name: PipelineChannel | str,
    config_map_key_to_env: Mapping[str, str],
    optional: bool = False,
) -> PipelineTask:
    """Set environment variables to values of a ConfigMap.

    Args:
        task: The task.
        config_map_name: The ConfigMap's name, or a channel for it.
        config_map_key_to_env: The variable for each key: ``{"region": "REGION"}``.
        optional: Whether the task may start without the ConfigMap.

    Raises:
        CompileError: An argument is of the wrong kind.
    """
    call = Call("use_config_map_as_env", task)
    variables = call.text_map("config_map_key_to_env", config_map_key_to_env)
    if not variables:
        call.refuse("config_map_key_to_env", "nothing", "Name at least one key and its variable.")
    entry = {
        **named("configMapName", call.name("config_map_name", config_map_name)),
        "keyToEnv": [{"configMapKey": key, "envVar": variable} for key, variable in variables.items()],
        "optional": call.flag("optional", optional),
    }
    return call.append("configMapAsEnv", entry)


def use_config_map_as_volume(
    task: PipelineTask, config_map_name: PipelineChannel | str, mount_path: str, optional: bool = False
) -> PipelineTask:
    """Mount a ConfigMap as a folder with one file per key.

    Args:
        task: The task.
        config_map_name: The ConfigMap's name, or a channel for it.
        mount_path: The folder in the container.
        optional: Whether the task may start without the ConfigMap.

    Raises:
        CompileError: An argument is of the wrong kind.
    """
    call = Call("use_config_map_as_volume", task)
    entry = {
        **named("configMapName", call.name("config_map_name", config_map_name)),
        "mountPath": call.text("mount_path", mount_path),
        "optional": call.flag("optional", optional),
    }
    return call.append("configMapAsVolume", entry)
