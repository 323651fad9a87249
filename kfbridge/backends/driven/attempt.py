"""The files of one attempt of a step: where it reads, where it writes, and what it left."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from kfbridge.engine.events import Artifact, Outputs
from kfbridge.engine.executor_input import executor_input
from kfbridge.engine.outputs import collect, skip_reason
from kfbridge.engine.runner import TaskInvocation
from kfbridge.errors import BackendError, RunError
from kfbridge.runs.paths import RunPaths, escape
from kfbridge.runtime.artifacts import to_path

ABSENT = ".absent"
"""Ends the name of an empty file beside an artifact of which only the metadata were written."""


class Attempt:
    """One attempt, and the engine's `Layout` of it.

    Args:
        invocation: What is to run.
        paths: The run's folder.
        as_uri: Whether artifact URIs begin with ``file://``.
        backend: The backend's name, for messages.
    """

    def __init__(self, invocation: TaskInvocation, paths: RunPaths, as_uri: bool = False, backend: str = "") -> None:
        self.invocation = invocation
        self.backend = backend
        self.key = invocation.key
        self.name = f"{invocation.key}#{invocation.attempt}"
        self.folder = paths.attempt(invocation.key, invocation.attempt)
        self.scratch = self.folder / "work"
        self.log = self.folder / "log.txt"
        self.error = self.folder / "error.json"
        self.executor_input_file = self.folder / "executor_input.json"
        self.private = self.folder / "private"
        self._paths = paths
        self._scheme = "file://" if as_uri else ""

    @property
    def timeout(self) -> float | None:
        """How long the step may take, in seconds, if it says so."""
        platforms = self.invocation.platforms
        own = str(platforms.get("kfbridge", {}).get("timeout") or "").removesuffix("s")
        limit = own or platforms.get("kubernetes", {}).get("activeDeadlineSeconds")
        return float(limit) if limit else None

    # Layout

    @property
    def executor_output(self) -> str:
        """The path of ``executor_output.json``."""
        return str(self.folder / "executor_output.json")

    def artifact_uri(self, name: str) -> str:
        """The URI of an output artifact."""
        return self._scheme + str(self._paths.artifact(self.key, self.invocation.attempt, name))

    def parameter_file(self, name: str) -> str:
        """The path of the file of an output parameter."""
        return str(self.folder / "outputs" / escape(name))

    # Life

    @cached_property
    def executor_input(self) -> dict[str, Any]:
        """KFP's ExecutorInput."""
        return executor_input(self.invocation, self)

    def prepare(self) -> None:
        """Make the scratch folder and write the ExecutorInput.

        Raises:
            BackendError: The disk is full, or a folder cannot be written.
        """
        text = json.dumps(self.executor_input, ensure_ascii=False)
        with self._writing():
            try:
                self.scratch.mkdir(parents=True)
            except FileExistsError:
                self._clear()
                self.scratch.mkdir(parents=True)
            self.executor_input_file.write_text(text, encoding="utf-8", errors="backslashreplace")

    def _clear(self) -> None:
        """Take away what this very attempt left when kfbridge died before it could record that it had begun."""
        shutil.rmtree(self.folder)
        for name in self.invocation.outputs.artifacts:
            path = self._artifact_path(name)
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)

    def prepare_outputs(self) -> None:
        """Make the folders of all outputs; the runtime of Python functions does that itself.

        Raises:
            BackendError: One cannot be made.
        """
        with self._writing():
            for name in self.invocation.outputs.parameters:
                Path(self.parameter_file(name)).parent.mkdir(exist_ok=True)
            for name in self.invocation.outputs.artifacts:
                self._artifact_path(name).parent.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise BackendError(
                f"the files of the step cannot be written: {error.filename or self.folder}: {error.strerror}",
                remedy="Free space or give write permission there, then continue with: kfbridge resume",
                backend=self.backend,
            ) from error

    def collect(self) -> Outputs:
        """What the step left.

        Raises:
            RunError: An output is missing, does not fit its type, or lies outside of the run by way of ``..``.
        """
        outputs = collect(self.invocation, self.executor_input, self._read_output, self._read_parameter)
        artifacts = {name: [self._placed(name, one) for one in found] for name, found in outputs.artifacts.items()}
        return Outputs(outputs.parameters, artifacts)

    def skipped(self) -> str | None:
        """Why the step did nothing, if it found its own condition false.

        Raises:
            RunError: Its executor output cannot be read.
        """
        return skip_reason(self._read_output())

    def tidy(self) -> None:
        """Mark the artifacts of which the step wrote the metadata alone."""
        for name in self.invocation.outputs.artifacts:
            path = self._artifact_path(name)
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                path.with_name(path.name + ABSENT).touch()

    def _artifact_path(self, name: str) -> Path:
        return self._paths.artifact(self.key, self.invocation.attempt, name)

    def _read_output(self) -> str | None:
        return _read(Path(self.executor_output), "its executor output")

    def _read_parameter(self, name: str) -> str | None:
        return _read(Path(self.parameter_file(name)), f"its output {name!r}")

    def _placed(self, name: str, artifact: Artifact) -> Artifact:
        """The artifact with absolute paths, which are the step's own choice, but not by way of ``..``."""
        return replace(
            artifact,
            uri=self._absolute(name, artifact.uri),
            custom_path=self._absolute(name, artifact.custom_path) if artifact.custom_path else "",
        )

    def _absolute(self, name: str, uri: str) -> str:
        path = to_path(uri)
        if "://" in path:
            return uri  # of a store that this machine does not know; nothing is read from there
        inside = os.path.normpath(self.scratch / path)
        if ".." in Path(path).parts and not Path(inside).is_relative_to(self._paths.folder):
            raise RunError(
                f"the step put its output artifact {name!r} at {uri}, which leaves the folder of the run",
                remedy="Write to the artifact's own .path, or give an absolute path without '..'.",
            )
        if Path(path).is_absolute() and ".." not in Path(path).parts:
            return uri
        return ("file://" if uri.startswith("file://") else "") + inside


def artifact_exists(uri: str) -> bool:
    """Whether what a step left under a URI is still as it left it, which may be nothing but metadata."""
    path = Path(to_path(uri))
    return "://" in str(path) or path.exists() or path.with_name(path.name + ABSENT).exists()


def _read(path: Path, what: str) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        raise RunError(f"{what} is not UTF-8 text: {error.reason} at byte {error.start}") from error
    except OSError as error:
        raise RunError(f"{what} cannot be read: {error.strerror}") from error
