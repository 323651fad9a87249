"""Before the step: its inputs at their paths, and the folders that it writes to.

The step runs as a user that is not known here, so what is brought can be read and written by everybody in the pod,
as if the step's own program had brought it; nobody but the pod's containers sees the volume.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kfbridge.backends.k8s.copying.errand import Errand
from kfbridge.backends.k8s.copying.placing import in_order, is_below, path_of_artifact
from kfbridge.backends.k8s.copying.report import say, telling
from kfbridge.backends.k8s.copying.stores import Stores, is_stored, stores_of
from kfbridge.backends.k8s.layout import is_workspace_copy
from kfbridge.errors import RunError
from kfbridge.runtime.artifacts import to_path
from kfbridge.storage.copies import copy_path, make_copy
from kfbridge.storage.errors import ObjectMissingError

EXECUTOR_INPUT = "executor_input.json"
"""The name of the ExecutorInput in the attempt's folder, and in the pod beside the executor output."""


def bring(errand: Errand) -> None:
    """Bring what the step reads, and make the folders that it writes to.

    Raises:
        StorageError: Something could not be brought, or an input from elsewhere is not there.
        RunError: An input belongs where the step's own container alone can put something.
        UsageError: A URI cannot be read.
    """
    begun = time.monotonic()
    with _for_everybody(), stores_of(errand.root, errand.settings) as stores:
        if errand.inputs is None:
            data = read_input(errand, stores)
            document = json.loads(data)
            _make_folders(document["outputs"], data)
        else:
            document = errand.inputs
        wanted = dict(_wanted(document, errand))
        in_order(lambda path: _bring(*wanted[path], Path(path), stores), list(wanted))
    say(f"brought {len(wanted)} input artifacts in {time.monotonic() - begun:.1f} s")


def read_input(errand: Errand, stores: Stores) -> bytes:
    """The ExecutorInput that the runner has written for the attempt.

    Raises:
        StorageError: It is not there, or the root cannot be reached.
    """
    with telling("the executor input of this attempt cannot be read"):
        return stores.root.read_bytes(f"{errand.attempt}/{EXECUTOR_INPUT}")


@contextmanager
def _for_everybody() -> Iterator[None]:
    """Let files and folders be writable by all users, whatever the mask of this process is."""
    before = os.umask(0)
    try:
        yield
    finally:
        os.umask(before)


def _make_folders(outputs: Mapping[str, Any], data: bytes) -> None:
    work = Path(outputs["outputFile"]).parent
    places = [one["outputFile"] for one in outputs.get("parameters", {}).values()]
    for group in outputs.get("artifacts", {}).values():
        places += [path_of_artifact(one) for one in group["artifacts"]]
    try:
        for folder in (work, *(Path(place).parent for place in places)):
            folder.mkdir(parents=True, exist_ok=True)
        (work / EXECUTOR_INPUT).write_bytes(data)
    except OSError as error:
        raise RunError(
            f"the folders of its outputs cannot be made: {error.filename or work}: {error.strerror}",
            remedy="Free space on the node, or give the pod's group the volume: fs_group in kfbridge.toml.",
        ) from error


def _wanted(document: Mapping[str, Any], errand: Errand) -> Iterator[tuple[str, tuple[str, str]]]:
    """The inputs that have to be brought: path, and name and URI."""
    for name, group in document["inputs"]["artifacts"].items():
        for artifact in group["artifacts"]:
            uri, path = str(artifact["uri"]), path_of_artifact(artifact)
            if is_workspace_copy(path):
                yield path, (name, uri)
            elif is_stored(uri):
                if not is_below(path, errand.folders):
                    raise RunError(
                        f"its input artifact {name!r} belongs at {path}, where nothing can be brought: "
                        "only the step's own container sees that folder",
                        remedy="Let the step that makes it leave custom_path alone, or pass the URI as a parameter.",
                    )
                yield path, (name, uri)
            elif "://" in uri and not uri.startswith("file://"):
                say(f"input artifact {name!r}: nothing opens {uri}, so nothing is at {path}")


def _bring(name: str, uri: str, target: Path, stores: Stores) -> None:
    if not is_workspace_copy(str(target)):
        _fetch(name, uri, target, stores)
        return
    try:
        make_copy(target, lambda draft: _copy(name, uri, draft, stores))
    except OSError as error:
        raise RunError(
            f"its input artifact {name!r} cannot be copied into the workspace: "
            f"{error.filename or target}: {error.strerror or error}",
            remedy="Ask for a larger workspace (WorkspaceConfig), or give the pod's group the volume: fs_group in "
            "kfbridge.toml.",
        ) from error


def _copy(name: str, uri: str, draft: Path, stores: Stores) -> None:
    """Put a copy for the workspace at `draft`: from a store, or from a volume that the step mounts, too."""
    if is_stored(uri):
        _fetch(name, uri, draft, stores)
        return
    source = Path(to_path(uri))
    if not source.exists():
        raise RunError(
            f"its input artifact {name!r} cannot be copied into the workspace: there is nothing at {uri}",
            remedy="Correct the importer's URI: one of a store (s3://, gs://, az://), or a path on a volume claim that "
            "the step mounts, or below the artifact root.",
        )
    copy_path(source, draft)
    for path in (draft, *draft.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (_FOLDER if path.is_dir() else _FILE))


_FOLDER, _FILE = 0o777, 0o666  # for everybody, as what is brought from a store is made


def _fetch(name: str, uri: str, target: Path, stores: Stores) -> None:
    with telling(f"its input artifact {name!r} cannot be brought"):
        stored = stores.find(uri)
        try:
            stored.storage.get(stored.name, target, foreign=not stored.own)
        except ObjectMissingError as error:
            if not stored.own:
                raise ObjectMissingError(
                    f"there is no object and no folder at {uri}",
                    where=error.where,
                    remedy="Correct the URI that the importer or the step before gave, or put the data there.",
                ) from error
            say(f"input artifact {name!r}: {uri} has metadata alone, so nothing is at {target}")
