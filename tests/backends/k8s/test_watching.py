"""A watch goes on where it broke off, and begins anew where the server has forgotten."""

from __future__ import annotations

import json
import queue
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from kfbridge.backends.k8s.client import Cluster
from kfbridge.backends.k8s.config import Config
from kfbridge.backends.k8s.faults import Refusal
from kfbridge.backends.k8s.resource import POD, Resource
from kfbridge.backends.k8s.watching import Change, Trouble, Watch
from kfbridge.errors import BackendError


def pod(name: str, version: int, phase: str = "Pending") -> dict[str, Any]:
    metadata = {"name": name, "uid": f"uid-{name}", "resourceVersion": str(version)}
    return {"metadata": metadata, "status": {"phase": phase}}


class Script(Cluster):
    """A cluster that answers as it is written down, and takes no other request."""

    def __init__(self, lists: list[Any], watches: list[Any]) -> None:
        super().__init__(Config(artifact_root="pvc://claim/runs", namespace="ml"))
        self.lists = lists
        self.watches = watches
        self.asked: list[str] = []

    def list(self, resource: Resource, selector: str = "", fields: str = "") -> dict[str, Any]:
        assert (resource, selector, fields) == (POD, "run=1", "")
        self.asked.append("list")
        answer = self.lists.pop(0)
        if isinstance(answer, Exception):
            raise answer
        version, items = answer
        return {"metadata": {"resourceVersion": str(version)}, "items": items}

    def stream(self, path: str, query: Mapping[str, str], silence: float | None) -> Iterator[bytes]:
        assert path == "/api/v1/namespaces/ml/pods"
        assert query["labelSelector"] == "run=1"
        assert query["watch"] == query["allowWatchBookmarks"] == "true"
        self.asked.append(f"watch {query['resourceVersion']}")
        if not self.watches:
            raise Refusal("no more", 403, "Forbidden", transient=False)  # the script is over
        for line in self.watches.pop(0):
            if isinstance(line, Exception):
                raise line
            text = json.dumps(line).encode() + b"\n"
            yield text[:7]
            yield text[7:]


def event(kind: str, document: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": kind, "object": document}


def told(cluster: Script) -> list[str]:
    """What a watch tells until its script is over: ``name phase``, ``name gone``, ``trouble``."""
    heard: queue.SimpleQueue[Change | Trouble] = queue.SimpleQueue()
    watch = Watch(cluster, POD, heard.put, selector="run=1")
    watch.start()
    words = []
    while True:
        one = heard.get(timeout=10)
        if isinstance(one, Trouble):
            words.append("over" if one.is_final else "trouble")
            if one.is_final:
                return words
        else:
            state = "gone" if one.gone else one.document["status"]["phase"]
            words.append(f"{one.document['metadata']['name']} {state}")


def test_what_is_there_comes_first_then_what_changes() -> None:
    changes = [event("MODIFIED", pod("a", 11, "Running")), event("ADDED", pod("b", 12)), event("DELETED", pod("a", 13))]
    cluster = Script([(10, [pod("a", 9)])], [changes])
    assert told(cluster) == ["a Pending", "a Running", "b Pending", "a gone", "over"]
    assert cluster.asked == ["list", "watch 10", "watch 13"]


def test_a_watch_that_ends_is_resumed_from_the_last_bookmark() -> None:
    cluster = Script([(10, [])], [[event("BOOKMARK", pod("", 50))], [event("ADDED", pod("a", 51))]])
    assert told(cluster) == ["a Pending", "over"]
    assert cluster.asked == ["list", "watch 10", "watch 50", "watch 51"]


@pytest.mark.parametrize(
    "gone",
    [
        [event("ERROR", {"kind": "Status", "code": 410, "message": "too old resource version"})],
        [Refusal("too old", 410, "Expired", transient=False)],
    ],
    ids=["in the stream", "as the answer"],
)
def test_after_410_everything_is_listed_anew_and_what_went_away_unseen_is_told(gone: list[Any]) -> None:
    cluster = Script([(10, [pod("a", 9), pod("b", 9)]), (90, [pod("b", 80, "Running")])], [gone])
    assert told(cluster) == ["a Pending", "b Pending", "a gone", "b Running", "over"]
    assert cluster.asked == ["list", "watch 10", "list", "watch 90"]


def test_a_connection_that_breaks_is_made_again_where_it_was() -> None:
    broken = BackendError("reset", transient=True)
    cluster = Script([(10, [])], [[event("ADDED", pod("a", 11)), broken], [event("MODIFIED", pod("a", 12, "Failed"))]])
    assert told(cluster) == ["a Pending", "trouble", "a Failed", "over"]
    assert cluster.asked == ["list", "watch 10", "watch 11", "watch 12"]


def test_a_list_that_fails_for_a_passing_reason_is_asked_for_again() -> None:
    cluster = Script([BackendError("down", transient=True), (10, [pod("a", 9)])], [])
    assert told(cluster) == ["trouble", "a Pending", "over"]
