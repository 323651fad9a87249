"""A real API server, where there is one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from kfbridge.backends.k8s.manifest import manifest_text
from tests.backends.k8s.room import bucket_room, gpu, room  # noqa: F401  fixtures


@dataclass(frozen=True)
class Cluster:
    """What kubectl does in a namespace of the tests' own."""

    kubectl: str
    namespace: str

    def call(self, *arguments: str, text: str = "") -> str:
        """Run kubectl; what it printed. What the server refuses fails the test in the server's words."""
        command = [self.kubectl, "--namespace", self.namespace, *arguments]
        done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout

    @property
    def version(self) -> tuple[int, int]:
        """The server's version, as (major, minor)."""
        found = json.loads(self.call("version", "--output=json"))["serverVersion"]
        return int(found["major"]), int(found["minor"].rstrip("+"))

    def judged(self, documents: Sequence[Mapping[str, Any]], how: str = "create") -> list[dict[str, Any]]:
        """What the server would make of objects, all its defaults in them; nothing is kept."""
        text = manifest_text([self.here(one) for one in documents])
        answer = self.call(how, "--dry-run=server", "--filename=-", "--output=json", text=text)
        return read_documents(answer)

    def here(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """The object in the tests' namespace."""
        return {**document, "metadata": {**document["metadata"], "namespace": self.namespace}}


def read_documents(text: str) -> list[dict[str, Any]]:
    """The objects in what kubectl prints: one JSON document after the other, or a list."""
    found: list[dict[str, Any]] = []
    while text := text.lstrip():
        one, end = json.JSONDecoder().raw_decode(text)
        found += one["items"] if one["kind"] == "List" else [one]
        text = text[end:]
    return found


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """The cluster of KUBECONFIG; skipped without one. KUBECTL names another program than the one on the path."""
    program = shutil.which(os.environ.get("KUBECTL", "kubectl"))
    if not os.environ.get("KUBECONFIG") or program is None:
        pytest.skip("KUBECONFIG names no cluster" if program else "there is no kubectl (KUBECTL)")
    made = Cluster(program, f"kfbridge-test-{uuid.uuid4().hex[:8]}")
    made.call("create", "namespace", made.namespace)
    yield made
    made.call("delete", "namespace", made.namespace, "--wait=false")
