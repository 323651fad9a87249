"""What an attempt is started with: its files at the root, its command line, and the name of its Job."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any, Final

from kfbridge.backends.k8s.files import Files
from kfbridge.backends.k8s.layout import PodLayout, path_of
from kfbridge.backends.k8s.names import job_name
from kfbridge.backends.k8s.pod import Setting
from kfbridge.backends.k8s.root import MOUNT
from kfbridge.engine.context import RunContext
from kfbridge.engine.executor_input import CommandLine, command_line
from kfbridge.engine.runner import TaskInvocation
from kfbridge.errors import BackendError
from kfbridge.graph.model import Container
from kfbridge.spec._bundle import LOADER
from kfbridge.spec.boot import EXECUTOR_INPUT, lean_boot

INPUT: Final = "executor_input.json"
_INLINE: Final = 60_000  # bytes of an ExecutorInput that may stand on a command line
_LONGEST: Final = 131_071  # bytes; execve(2), MAX_ARG_STRLEN less the zero at the end


def launch_line(layout: PodLayout, given: Mapping[str, Any], context: RunContext, files: Files) -> CommandLine:
    """Write an attempt's files, and give what it runs.

    A Python function is handed a long ExecutorInput as a file; any other command has it where it says ``{{$}}``.

    Raises:
        BackendError: An argument is longer than Linux takes.
        RunError: A placeholder names nothing, or the files cannot be written.
        StorageError: The root cannot be written.
    """
    data = json.dumps(given, ensure_ascii=False).encode("utf-8", "backslashreplace")
    invocation = layout.invocation
    is_long = len(data) > _INLINE and _takes_files(invocation.container)
    files.make_folders(_folders(layout, given))
    if layout.staged or is_long:
        files.write(f"{layout.attempt_name}/{INPUT}", data)
    if is_long:
        invocation = replace(invocation, container=_with_file(invocation.container, f"@{layout.folder}/{INPUT}"))
    line = command_line(invocation, given, context, path_of)
    for word in (*line.command, *line.args):
        if len(word.encode("utf-8", "surrogatepass")) > _LONGEST:
            raise BackendError(
                f"an argument of its command has {len(word.encode('utf-8', 'surrogatepass')):,} bytes, and Linux takes "
                f"{_LONGEST:,}: it begins with {word[:60]!r}",
                remedy="Pass the value as an artifact.",
                backend="k8s",
            )
    return line


def named(job: Mapping[str, Any], invocation: TaskInvocation, setting: Setting) -> dict[str, Any]:
    """The Job under the name by which whoever drives the run finds it.

    A Job that was made anew because its image runs as root has another name: the first one may still be on its way
    out, and a driver that starts again must find both.
    """
    numbered = not setting.root_images.isdisjoint(_images(job))
    name = job_name(invocation.run_id, invocation.key, invocation.attempt, "numbered" if numbered else "")
    return {**job, "metadata": {**job["metadata"], "name": name}}


def _images(job: Mapping[str, Any]) -> set[str]:
    pod = job["spec"]["template"]["spec"]
    return {one.get("image", "") for one in (*pod["containers"], *pod.get("initContainers", ()))}


def _folders(layout: PodLayout, given: Mapping[str, Any]) -> list[str]:
    """The folders that the step must find where the root is mounted: its own, its parameters', its artifacts'."""
    if layout.staged:
        return []
    outputs = given["outputs"]
    files = [layout.executor_output, *(one["outputFile"] for one in outputs["parameters"].values())]
    files += [one["uri"] for group in outputs["artifacts"].values() for one in group["artifacts"]]
    folders = {str(PurePosixPath(file).parent).removeprefix(f"{MOUNT}/") for file in files}
    return sorted(folders)


def _takes_files(container: Container) -> bool:
    """Whether kfbridge's own runtime reads the ExecutorInput, which takes it as ``@FILE``, too."""
    return LOADER in lean_boot(container.command, container.args)[0]


def _with_file(container: Container, file: str) -> Container:
    words = {EXECUTOR_INPUT: file}
    return replace(
        container,
        command=tuple(words.get(word, word) for word in container.command),
        args=tuple(words.get(word, word) for word in container.args),
    )
