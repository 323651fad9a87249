"""Watching the objects of a run: one request for all of one kind, resumed where it broke off.

``Kubernetes documentation, API concepts, Efficient detection of changes``: list, then watch from the list's resource
version; after 410 Gone list anew. Nothing is asked for each object.
"""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from kfbridge.backends.k8s.client import Cluster
from kfbridge.backends.k8s.faults import Refusal
from kfbridge.backends.k8s.resource import Resource
from kfbridge.errors import BackendError, KfbridgeError

_ROUND: Final = 240  # seconds after which the server ends a watch
_SILENCE: Final = 300.0  # seconds without a word after which a connection is taken for broken
_PAUSE: Final = (0.2, 5.0)  # seconds before another try, at first and at most
_GONE: Final = 410
_GIVEN: Final = frozenset({"template", "volumes", "affinity", "tolerations", "securityContext"})
_CONTAINERS: Final = frozenset({"containers", "initContainers", "ephemeralContainers"})
_OF_CONTAINER: Final = ("name", "image", "resources")


@dataclass(frozen=True, slots=True)
class Change:
    """An object as it is now, or, when `gone`, as it was last."""

    resource: Resource
    document: Mapping[str, Any]
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Trouble:
    """The cluster cannot be watched, or the root not be written; when it `is_final`, nothing more is tried."""

    error: KfbridgeError
    is_final: bool


class Watch:
    """All objects of a kind with certain labels or fields, told to `tell` as they change, from a thread of its own.

    Args:
        cluster: The cluster.
        resource: The kind.
        tell: Called with each change; also with `Trouble` when the server refuses.
        selector: The labels.
        fields: The fields.
    """

    def __init__(
        self,
        cluster: Cluster,
        resource: Resource,
        tell: Callable[[Change | Trouble], None],
        selector: str = "",
        fields: str = "",
    ) -> None:
        self._cluster = cluster
        self._resource = resource
        self._tell = tell
        self._query = {"labelSelector": selector, "fieldSelector": fields}
        self._known: dict[str, Mapping[str, Any]] = {}  # by uid, as thin as `_thin` makes them
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"kfbridge-watch-{resource.plural}", daemon=True)

    def start(self) -> None:
        """Begin; what is there already is told first."""
        self._thread.start()

    def stop(self) -> None:
        """Tell nothing more. The thread ends with its connection, which nobody waits for."""
        self._over.set()

    def _run(self) -> None:
        version, wait = "", _PAUSE[0]
        while not self._over.is_set():
            try:
                version = version or self._list()
                for reached in self._watch(version):
                    version, wait = reached, _PAUSE[0]
            except _Gone:
                version = ""
            except BackendError as error:
                final = not error.transient
                self._say(Trouble(error, final))
                if final:
                    return
                self._over.wait(wait * random.uniform(0.5, 1.0))
                wait = min(_PAUSE[1], 2 * wait)

    def _list(self) -> str:
        """Tell of all objects, and of those that went away unseen; where to watch from."""
        found = self._cluster.list(self._resource, self._query["labelSelector"], self._query["fieldSelector"])
        present = {one["metadata"]["uid"]: one for one in found["items"]}
        for uid in [uid for uid in self._known if uid not in present]:
            self._say(Change(self._resource, self._known.pop(uid), gone=True))
        for uid, document in present.items():
            self._known[uid] = _thin(document)
            self._say(Change(self._resource, slim(document)))
        return str(found["metadata"]["resourceVersion"])

    def _watch(self, version: str) -> Iterator[str]:
        """Tell what changes from a version on; gives the version up to which all has been told."""
        query = {
            **self._query,
            "watch": "true",
            "allowWatchBookmarks": "true",
            "timeoutSeconds": str(_ROUND),
            "resourceVersion": version,
        }
        path = self._resource.path(self._cluster.namespace)
        try:
            for line in _lines(self._cluster.stream(path, query, _SILENCE)):
                if self._over.is_set():
                    return
                yield self._take(json.loads(line))
        except Refusal as error:
            if error.code == _GONE:
                raise _Gone from error
            raise

    def _take(self, event: Mapping[str, Any]) -> str:
        document = event["object"]
        if event["type"] == "ERROR":
            if document.get("code") == _GONE:
                raise _Gone
            said = document.get("message") or document
            raise BackendError(f"The watch of {self._resource.plural} broke: {said}", backend="k8s", transient=True)
        if event["type"] != "BOOKMARK":
            uid, gone = document["metadata"]["uid"], event["type"] == "DELETED"
            if gone:
                self._known.pop(uid, None)
            else:
                self._known[uid] = _thin(document)
            self._say(Change(self._resource, slim(document), gone))
        return str(document["metadata"]["resourceVersion"])

    def _say(self, what: Change | Trouble) -> None:
        if not self._over.is_set():
            self._tell(what)


class _Gone(Exception):
    """The version to watch from is too old for the server."""


def slim(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """What of an object is told: all but what a step was given, which nobody asks it back.

    Commands (with kfbridge's runtime), variables and volumes are most of a pod, and its Job has them again; whoever
    follows a thousand steps would keep them two thousand times.
    """
    kept = {**document, "metadata": {**document["metadata"]}}
    kept["metadata"].pop("managedFields", None)
    spec = {name: value for name, value in (document.get("spec") or {}).items() if name not in _GIVEN}
    for group in _CONTAINERS & spec.keys():
        spec[group] = [{name: one[name] for name in _OF_CONTAINER if name in one} for one in spec[group]]
    return {**kept, "spec": spec} if "spec" in document else kept


def _thin(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """What of an object is kept in case that it goes away unseen: who it was."""
    metadata = document["metadata"]
    return {"metadata": {key: metadata[key] for key in ("name", "uid", "labels") if key in metadata}}


def _lines(pieces: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        yield from filter(None, whole)
