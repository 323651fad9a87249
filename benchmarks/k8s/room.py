"""A namespace to measure in: pipelines run by kfbridge, and pods and Jobs made by hand."""

from __future__ import annotations

import os
import queue
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kfbridge.backends.base import Target
from kfbridge.backends.k8s.backend import KubernetesBackend
from kfbridge.backends.k8s.client import Cluster
from kfbridge.backends.k8s.config import Config
from kfbridge.backends.k8s.handle import KubernetesRun
from kfbridge.backends.k8s.install import install
from kfbridge.backends.k8s.names import RUN, label_value
from kfbridge.backends.k8s.resource import JOB, POD
from kfbridge.backends.k8s.watching import Change, Trouble, Watch
from kfbridge.engine.events import Event, RunEnded
from kfbridge.engine.journal import read_journal
from kfbridge.graph.resolve import resolve
from kfbridge.spec.read import read_text

IMAGE = os.environ.get("KFBRIDGE_TEST_IMAGE", "kfbridge-test/python:3.11")
CLAIM = "kfbridge-artifacts"
GROUP = "kfbridge-bench"  # the label of what is made by hand
PATIENCE = 300.0  # seconds for one pod
Document = dict[str, Any]


@dataclass(frozen=True)
class Ran:
    """A run that succeeded.

    Attributes:
        run_id: The run.
        wall: Seconds from its submission until the client has seen its end.
        events: Its journal.
    """

    run_id: str
    wall: float
    events: list[Event]

    @property
    def makespan(self) -> float:
        """Seconds from ``run_started`` to ``run_ended``."""
        return self.events[-1].time - self.events[0].time


class Room:
    """A namespace with kfbridge's account and a claim, its folder open to every user."""

    def __init__(self, namespace: str, folder: Path) -> None:
        self.namespace = namespace
        self.folder = folder
        self.cluster = Cluster(self.config())

    def config(self, **settings: Any) -> Config:
        given: Document = {
            "namespace": self.namespace,
            "artifact_root": f"pvc://{CLAIM}/bench",
            "runtime_image": os.environ["KFBRIDGE_RUNTIME_IMAGE"],
            "image_pull_policy": "IfNotPresent",
            "images": {"python:*": IMAGE},
        }
        return Config(**{**given, **settings})

    def begin(self, text: str, **settings: Any) -> tuple[KubernetesBackend, KubernetesRun]:
        """Submit a pipeline."""
        backend = KubernetesBackend(Target("bench", self.config(**settings), self.folder))
        return backend, backend.submit(backend.plan(resolve(read_text(text)), {}, text))

    def run(self, text: str, **settings: Any) -> Ran:
        """Run a pipeline to its end."""
        start = time.perf_counter()
        backend, run = self.begin(text, **settings)
        ended = run.wait()
        wall = time.perf_counter() - start
        if ended.state != "succeeded":
            raise SystemExit(f"{run.run_id} is {ended.state}: {ended.error} {[one.error for one in ended.tasks]}")
        return Ran(run.run_id, wall, journal(backend, run.run_id))

    def jobs(self, run_id: str) -> list[Document]:
        """The Jobs of a run's steps, the oldest first."""
        found = self.cluster.list(JOB, f"{RUN}={label_value(run_id)}")["items"]
        return sorted(found, key=lambda job: str(job["metadata"]["creationTimestamp"]))

    def clean(self) -> None:
        """Remove all Jobs and pods of steps, and wait until they are gone."""
        for selector in (RUN, GROUP):
            self.cluster.delete_all(JOB, selector)
            self.cluster.delete_all(POD, selector, 0)
        while any(self.cluster.list(POD, selector)["items"] for selector in (RUN, GROUP)):
            time.sleep(1)


class Ends:
    """Tells of pods that were made by hand as they end, by one watch."""

    def __init__(self, cluster: Cluster) -> None:
        self._told: queue.SimpleQueue[Change | Trouble] = queue.SimpleQueue()
        self._seen: set[str] = set()
        self._watch = Watch(cluster, POD, self._told.put, selector=GROUP)
        self._watch.start()

    def next(self) -> Mapping[str, Any]:
        """The next pod that has succeeded."""
        while True:
            change = self._told.get(timeout=PATIENCE)
            if isinstance(change, Trouble):
                raise change.error
            uid, phase = change.document["metadata"]["uid"], change.document["status"].get("phase")
            if phase == "Failed":
                raise SystemExit(f"the pod {change.document['metadata']['name']} failed: {change.document['status']}")
            if phase == "Succeeded" and uid not in self._seen:
                self._seen.add(uid)
                return change.document

    def close(self) -> None:
        self._watch.stop()


def journal(backend: KubernetesBackend, run_id: str) -> list[Event]:
    """The events of a run that has ended."""
    while True:
        backend.store.find(run_id)
        events = read_journal(backend.store.paths(run_id).journal)
        if events and isinstance(events[-1], RunEnded):
            return events
        time.sleep(0.5)


def bare_pod(job: Mapping[str, Any], name: str) -> Document:
    """The pod of a Job without the Job."""
    metadata = {"name": name, "labels": {GROUP: "pod"}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": job["spec"]["template"]["spec"]}


def bare_job(job: Mapping[str, Any], name: str) -> Document:
    """The same Job under another name, with nothing that the server has put into it."""
    spec = {key: value for key, value in job["spec"].items() if key not in ("selector", "template")}
    template = {"metadata": {"labels": {GROUP: "job"}}, "spec": job["spec"]["template"]["spec"]}
    metadata = {"name": name, "labels": {GROUP: "job"}}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": {**spec, "template": template}}


@contextmanager
def opened() -> Iterator[Room]:
    """A fresh namespace; removed afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        room = Room(f"kfbridge-bench-{uuid.uuid4().hex[:6]}", Path(folder))
        try:
            install(Target("bench", room.config(), Path(folder)), "1Gi", "ReadWriteOnce", None, dry_run=False)
            _open_claim(room.cluster)
            yield room
        finally:
            subprocess.run(["kubectl", "delete", "namespace", room.namespace, "--wait=false"], check=False)


def _open_claim(cluster: Cluster) -> None:
    """Let every user write to the claim: hostPath volumes, which test clusters make, know no fsGroup."""
    volume = {"name": "claim", "persistentVolumeClaim": {"claimName": CLAIM}}
    command = ["sh", "-c", "mkdir -p /claim/bench && chmod 2777 /claim /claim/bench"]
    mount = {"name": "claim", "mountPath": "/claim"}
    container = {"name": "main", "image": IMAGE, "imagePullPolicy": "IfNotPresent", "command": command}
    spec = {"restartPolicy": "Never", "containers": [{**container, "volumeMounts": [mount]}], "volumes": [volume]}
    ends = Ends(cluster)
    metadata = {"name": "open", "labels": {GROUP: "pod"}}
    cluster.create({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})
    ends.next()
    ends.close()
