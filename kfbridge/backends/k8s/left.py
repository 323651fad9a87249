"""What an attempt left at the artifact root, read by whoever drives the run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kfbridge.backends.k8s.copying.left import LEFT
from kfbridge.backends.k8s.copying.left import read_left as parse_left
from kfbridge.backends.k8s.files import Files
from kfbridge.backends.k8s.layout import PodLayout
from kfbridge.backends.k8s.root import MOUNT
from kfbridge.engine.events import Outputs
from kfbridge.engine.outputs import collect, skip_reason
from kfbridge.errors import RunError


class Skipped(Exception):
    """The step found its own condition false; the message is the reason."""


def read_left(layout: PodLayout, executor_input: dict[str, Any], files: Files) -> Outputs:
    """The outputs of an attempt that ended well.

    Args:
        layout: Where it wrote.
        executor_input: Its ExecutorInput.
        files: Reads the root.

    Raises:
        Skipped: It did nothing, because its condition was false.
        RunError: An output is missing, or does not fit its type.
        StorageError: The root cannot be read.
    """
    read_output, read_parameter = _staged(layout, files) if layout.staged else _mounted(layout, files)
    reason = skip_reason(read_output())
    if reason is not None:
        raise Skipped(reason)
    outputs = collect(layout.invocation, executor_input, read_output, read_parameter)
    if not layout.staged:
        _refuse_private(outputs)
        names = [one.uri.removeprefix(f"{MOUNT}/") for found in outputs.artifacts.values() for one in found]
        files.mark_absent(name for name in names if not name.startswith("/") and "://" not in name)
    return outputs


def _refuse_private(outputs: Outputs) -> None:
    """Refuse data at a path that only the step's own container had; the runtime of functions copies such data.

    Raises:
        RunError: There are such.
    """
    for name, found in outputs.artifacts.items():
        for one in found:
            if one.custom_path and not one.custom_path.startswith(f"{MOUNT}/"):
                raise RunError(
                    f"it says that the data of its output {name!r} are at {one.custom_path}, gone with its pod",
                    remedy="Write to the path that the step is given for it, or use an artifact root in a bucket.",
                )


Readers = tuple[Callable[[], str | None], Callable[[str], str | None]]


def _mounted(layout: PodLayout, files: Files) -> Readers:
    def read(path: str, what: str) -> str | None:
        return _text(files.read(path.removeprefix(f"{MOUNT}/")), what)

    found: list[str | None] = []  # the executor output is read once, though it is asked for twice

    def read_output() -> str | None:
        if not found:
            found.append(read(layout.executor_output, "its executor output"))
        return found[0]

    return read_output, lambda name: read(layout.parameter_file(name), f"its output {name!r}")


def _staged(layout: PodLayout, files: Files) -> Readers:
    data = files.read(f"{layout.attempt_name}/{LEFT}")
    if data is None:
        raise RunError(
            f"what it left is not at the artifact root: there is no {layout.attempt_name}/{LEFT}",
            remedy="See that nobody else writes there, and that the target's runtime_image is of this version.",
        )
    left = parse_left(data)
    return left.read_output, left.read_parameter


def _text(data: bytes | None, what: str) -> str | None:
    if data is None:
        return None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RunError(f"{what} is not UTF-8 text: {error.reason} at byte {error.start}") from error
