"""Where an artifact's data are in a pod, and what order copying keeps."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import PurePosixPath
from typing import Any, Final

from kfbridge.backends.k8s.layout import FILES, path_of
from kfbridge.runtime.artifacts import WORKSPACE, to_uri

_AT_ONCE: Final = 8  # files and trees that are copied at once; each has many requests under way


def path_of_artifact(artifact: Mapping[str, Any]) -> str:
    """Where the step finds, or writes, the data of an artifact: its ``.path``, without ``..`` and slashes too many."""
    path = custom_path(artifact) or path_of(str(artifact["uri"]))
    if (artifact.get("metadata") or {}).get("_kfp_workspace") is True:
        path = f"{WORKSPACE}/.artifacts/{path.lstrip('/')}"
    return os.path.normpath(path)


def custom_path(artifact: Mapping[str, Any]) -> str:
    """The path that an artifact says itself; empty where it says none."""
    return str(artifact.get("custom_path") or artifact.get("customPath") or "")


def uri_of(path: str) -> str:
    """From a path to the URI of which it is the place in a pod (`layout.path_of`); any other path as it is."""
    if path.startswith(f"{FILES}/"):
        scheme, _, rest = path[len(FILES) + 1 :].partition("/")
        return f"{scheme}://{rest}"
    return to_uri(path)


def is_below(path: str, folders: Iterable[str]) -> bool:
    """Whether a path is one of the folders, or lies in one."""
    return any(PurePosixPath(path).is_relative_to(folder) for folder in folders)


def in_order(work: Callable[[str], None], places: Sequence[str]) -> None:
    """Do something for each place, several at once, but what lies in another one after that: trees are replaced whole.

    Args:
        work: Copies one.
        places: Paths or URIs without a slash at their end.
    """
    inner: list[str] = []
    outer: list[str] = []
    for place in sorted(set(places), key=lambda place: PurePosixPath(place).parts):
        (inner if outer and is_below(place, outer[-1:]) else outer).append(place)
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="kfbridge-copy") as threads:
        list(threads.map(work, outer))
    for place in inner:
        work(place)
