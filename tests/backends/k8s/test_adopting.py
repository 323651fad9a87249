"""A driver that begins again finds the Job of an attempt, also one that stands in the place of the first."""

from __future__ import annotations

import pytest

from kfbridge.backends.k8s.names import labels
from kfbridge.backends.k8s.runner import KubernetesRunner
from tests.backends.k8s.api_server import ApiServer
from tests.backends.k8s.pods import invocation


@pytest.fixture
def server() -> ApiServer:
    return ApiServer((1, 20), ("batch/v1/jobs",))


def job_of(server: ApiServer) -> str | None:
    runner = object.__new__(KubernetesRunner)  # its threads watch a cluster, and this one has no watches
    runner._cluster = server
    return runner._job_of(invocation())


def make(server: ApiServer, name: str, created: str, **metadata: str) -> None:
    document = {"metadata": {"name": name, "labels": labels(invocation()), **metadata}}
    server.create({"apiVersion": "batch/v1", "kind": "Job", **document})
    server.objects["jobs", name]["metadata"]["creationTimestamp"] = created


def test_the_job_is_found_by_its_labels(server: ApiServer) -> None:
    assert job_of(server) is None
    make(server, "first", "2026-01-01T00:00:00Z")
    assert job_of(server) == "first"


def test_the_one_that_was_made_anew_counts(server: ApiServer) -> None:
    make(server, "anew", "2026-01-01T00:00:05Z")
    make(server, "first", "2026-01-01T00:00:00Z")
    assert job_of(server) == "anew"
    make(server, "going", "2026-01-01T00:00:09Z", deletionTimestamp="2026-01-01T00:00:10Z")
    assert job_of(server) == "anew"
