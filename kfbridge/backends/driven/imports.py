"""Inputs that lie at no root of the run: brought from the store that their URI names, once for a run."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from kfbridge.backends.driven.reading import reads_data
from kfbridge.backends.driven.transfers import Transfers
from kfbridge.engine.context import RunContext
from kfbridge.engine.events import Artifact, Event
from kfbridge.engine.runner import TaskInvocation, TaskRunner
from kfbridge.errors import BackendError, StorageError, UsageError
from kfbridge.graph.model import Container
from kfbridge.runs.paths import RunPaths
from kfbridge.storage import Settings, open_storage, schemes


def is_elsewhere(uri: str) -> bool:
    """Whether a URI names data of a store, which a step of this machine finds under no path."""
    scheme, colon, _ = uri.partition("://")
    return bool(colon) and scheme.lower() != "file" and scheme.lower() in schemes()


class ImportingRunner:
    """Any runner of this machine, whose steps find what their inputs' URIs name; a `TaskRunner`.

    URIs that no storage opens (``https://``, ``oci://``) stay as they are, as on KFP.

    Args:
        inner: Runs the attempts.
        paths: The run's folder, which has the copies.
        context: The run.
        settings: How stores are reached.
        transfers: Told what is on its way.
        backend: The backend's name, for messages.
    """

    def __init__(
        self,
        inner: TaskRunner,
        paths: RunPaths,
        context: RunContext,
        settings: Settings,
        transfers: Transfers,
        backend: str,
    ) -> None:
        self.capacity = inner.capacity
        self._inner = inner
        self._paths = paths
        self._context = context
        self._settings = settings
        self._transfers = transfers
        self._backend = backend

    def start(self, invocation: TaskInvocation) -> str:
        """See `TaskRunner.start`.

        Raises:
            BackendError: An input could not be brought.
        """
        artifacts = {
            name: [self._here(invocation.container, name, one) for one in found]
            for name, found in invocation.artifacts.items()
        }
        return self._inner.start(replace(invocation, artifacts=artifacts))

    def events(self, timeout: float | None) -> Iterator[Event]:
        """See `TaskRunner.events`."""
        return self._inner.events(timeout)

    def cancel(self, key: str) -> None:
        """See `TaskRunner.cancel`."""
        self._inner.cancel(key)

    def close(self) -> None:
        """See `TaskRunner.close`."""
        self._inner.close()

    def _here(self, container: Container, name: str, artifact: Artifact) -> Artifact:
        """An input with the path of its copy, if its URI names data of a store and the step may look for them."""
        uri, own = artifact.uri, artifact.custom_path
        if not is_elsewhere(uri) or not (self._context.is_workspace_copy(own) if own else reads_data(container, name)):
            return artifact
        copy = Path(own) if own else self._copy(uri)
        if not copy.exists():
            self._bring(name, uri, copy)
        return replace(artifact, custom_path=str(copy))

    def _copy(self, uri: str) -> Path:
        """Where the copy lies; it keeps the last part of the name, as many readers go by its ending."""
        digest = hashlib.sha256(uri.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        last = uri.partition("://")[2].rstrip("/").rpartition("/")[2]
        return self._paths.folder / "imports" / digest / (last[-100:] or "data")

    def _bring(self, name: str, uri: str, copy: Path) -> None:
        try:
            with self._transfers.following(uri, up=False) as progress:
                storage = open_storage(uri, self._settings)
                try:
                    copy.parent.mkdir(parents=True, exist_ok=True)
                    storage.get("", copy, foreign=True, progress=progress)
                finally:
                    storage.close()
        except (StorageError, UsageError) as error:
            raise BackendError(
                f"its input {name!r} cannot be brought from {uri}: {error.reason}",
                remedy=error.remedy,
                backend=self._backend,
                transient=error.transient,
            ) from error
        except OSError as error:
            raise BackendError(
                f"its input {name!r} cannot be kept at {copy}: {error.strerror}",
                remedy="Free space or give write permission there, then continue with: kfbridge resume",
                backend=self._backend,
            ) from error
