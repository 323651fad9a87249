"""An API server without a cluster: it keeps objects, and fails the test that asks for anything it does not know."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from typing import Any

from kfbridge.backends.k8s.client import Cluster
from kfbridge.backends.k8s.config import Config
from kfbridge.backends.k8s.faults import Refusal

NAMESPACE = "ml"
ADDRESS = re.compile(rf"/apis?/(?P<version>.+)/namespaces/{NAMESPACE}/(?P<plural>[a-z]+)(?:/(?P<name>[^/]+))?")
Document = dict[str, Any]


class ApiServer(Cluster):
    """Keeps objects of the kinds that it is given.

    Args:
        version: What it says it is.
        kinds: The versions and plurals that it has: ``batch/v1/jobs``.
        refusing: Requests that it refuses: method and plural, with the code.
    """

    def __init__(
        self, version: tuple[int, int], kinds: tuple[str, ...], refusing: Mapping[tuple[str, str], int] | None = None
    ) -> None:
        super().__init__(Config(artifact_root="pvc://claim/runs", namespace=NAMESPACE))
        self._version = version
        self._kinds = kinds
        self._refusing = refusing or {}
        self.objects: dict[tuple[str, str], Document] = {}
        self.asked: set[tuple[str, str]] = set()

    def of(self, plural: str) -> dict[str, Document]:
        """The objects of a kind, by name."""
        return {name: one for (kind, name), one in self.objects.items() if kind == plural}

    def request(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Document:
        if (method, path) == ("GET", "/version"):
            return {"major": str(self._version[0]), "minor": f"{self._version[1]}+"}
        found = ADDRESS.fullmatch(path)
        assert found is not None, f"unknown: {method} {path}"
        plural, name = found["plural"], found["name"]
        assert f"{found['version']}/{plural}" in self._kinds, f"unknown: {method} {path}"
        self.asked.add((method if name or method != "GET" else "LIST", plural))
        if code := self._refusing.get((method, plural)):
            raise Refusal(f"no {method} of {plural}", code, "Forbidden", transient=False)
        answer: Document = getattr(self, f"_{method.lower()}")(plural, name, dict(query or {}), copy.deepcopy(body))
        return copy.deepcopy(answer)

    def _post(self, plural: str, name: str | None, query: Document, body: Any) -> Document:
        name = body["metadata"]["name"]
        if (plural, name) in self.objects:
            raise Refusal("there", 409, "AlreadyExists", transient=False)
        body["metadata"] |= {"uid": f"uid-{plural}-{name}", "creationTimestamp": "2026-01-02T03:04:05Z"}
        self.objects[plural, name] = body
        return dict(body)

    def _get(self, plural: str, name: str | None, query: Document, body: Any) -> Document:
        if name is not None:
            return self._one(plural, name)
        selector = [word for word in query.get("labelSelector", "").split(",") if word]
        items = [one for one in self.of(plural).values() if all(map(_selects(one), selector))]
        return {"items": [{key: value for key, value in one.items() if key != "kind"} for one in items]}

    def _put(self, plural: str, name: str, query: Document, body: Any) -> Document:
        kept = self._one(plural, name)["metadata"]
        body["metadata"] |= {key: kept[key] for key in ("uid", "creationTimestamp")}
        self.objects[plural, name] = body
        return dict(body)

    def _patch(self, plural: str, name: str, query: Document, body: Any) -> Document:
        return _merge(self._one(plural, name), body)

    def _delete(self, plural: str, name: str | None, query: Document, body: Any) -> Document:
        """One object, and what only it owns, as the garbage collector does."""
        assert name is not None and body["propagationPolicy"] == "Background"
        uid = self._one(plural, name)["metadata"]["uid"]
        del self.objects[plural, name]
        for key, one in list(self.objects.items()):
            owners = one["metadata"].get("ownerReferences") or []
            if owners and all(owner["uid"] == uid for owner in owners):
                del self.objects[key]
        return {}

    def _one(self, plural: str, name: str) -> Document:
        if (plural, name) not in self.objects:
            raise Refusal("gone", 404, "NotFound", transient=False)
        return self.objects[plural, name]


def _merge(document: Document, change: Mapping[str, Any]) -> Document:
    for key, value in change.items():
        if value is None:
            document.pop(key, None)
        elif isinstance(value, Mapping):
            _merge(document.setdefault(key, {}), value)
        else:
            document[key] = value
    return document


def _selects(document: Document) -> Any:
    labels = document["metadata"].get("labels") or {}

    def matches(word: str) -> bool:
        key, equals, value = word.removeprefix("!").partition("=")
        assert not (equals and word.startswith("!")), f"unknown selector: {word}"
        return (key not in labels) if word.startswith("!") else key in labels and (not equals or labels[key] == value)

    return matches
