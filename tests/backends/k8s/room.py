"""A namespace with a claim in which pipelines run, and the targets for it."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from kfbridge.backends.base import Target
from kfbridge.backends.k8s.backend import KubernetesBackend
from kfbridge.backends.k8s.client import Cluster as Client
from kfbridge.backends.k8s.config import Config
from kfbridge.backends.k8s.faults import Refusal
from kfbridge.backends.k8s.install import install_documents
from kfbridge.backends.k8s.manifest import manifest_text
from tests.storage.servers import ACCESS_KEY, BUCKET, SECRET_KEY, serving

if TYPE_CHECKING:
    from tests.backends.k8s.conftest import Cluster

PYTHON = os.environ.get("KFBRIDGE_TEST_IMAGE", "kfbridge-test/python:3.11")
RUNTIME = os.environ.get("KFBRIDGE_RUNTIME_IMAGE", "")
CLAIM = "kfbridge-artifacts"


@dataclass(frozen=True)
class Room:
    """A namespace that is installed, its claim open to every user."""

    cluster: Cluster

    def config(self, folder: str = "", **settings: Any) -> Config:
        """A target's settings, on a folder of the claim that nobody else uses unless it is named."""
        given = {
            "namespace": self.cluster.namespace,
            "artifact_root": f"pvc://{CLAIM}/{folder or uuid.uuid4().hex[:8]}",
            "runtime_image": RUNTIME,
            "image_pull_policy": "IfNotPresent",
            "images": {"*": PYTHON},
            "grace_seconds": 1,
            "keep_seconds": 120,
            "driver": "client",
        }
        return Config(**{**given, **settings})

    def claim(self, name: str, mode: str = "2777") -> None:
        """Make a claim that every user may write to, or whose folder has another mode."""
        spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "10Mi"}}}
        document = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name}, "spec": spec}
        self.cluster.call("apply", "--filename=-", text=manifest_text([document]))
        open_claim(self.cluster, name, mode)

    def target(self, place: Path, **settings: Any) -> Target:
        """A target of the room."""
        return Target("kind", self.config(**settings), place)

    def lines(self, target: Target, name: str) -> int:
        """How often the step that leaves a line in the file `name` of the scratch folder has run."""
        data = KubernetesBackend(target).files().read(f"scratch/{name}")
        return len((data or b"").splitlines())

    def release(self, target: Target) -> None:
        """Let the steps go on that wait for it."""
        KubernetesBackend(target).files().write("scratch/release", b"")

    def until(self, condition: Callable[[], bool], complaint: str, seconds: float = 90.0) -> None:
        """Wait for something to become true."""
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, complaint
            time.sleep(0.5)

    def scratch(self, target: Target, name: str = "scratch") -> str:
        """A folder under the target's root that every step can read and write."""
        backend = KubernetesBackend(target)
        backend.files().make_folders([name])
        return f"/kfbridge/root/{name}"


def open_claim(cluster: Cluster, name: str = CLAIM, mode: str = "2777") -> None:
    """Let every user write to a claim: hostPath volumes, which the test cluster makes, know no fsGroup."""
    volume = {"name": "claim", "persistentVolumeClaim": {"claimName": name}}
    container = {
        "name": "main", "image": PYTHON, "imagePullPolicy": "IfNotPresent", "command": ["chmod", mode, "/claim"],
        "volumeMounts": [{"name": "claim", "mountPath": "/claim"}],
    }  # fmt: skip
    spec = {"restartPolicy": "Never", "containers": [container], "volumes": [volume]}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": f"open-{name}"}, "spec": spec}
    cluster.call("create", "--filename=-", text=manifest_text([pod]))
    cluster.call("wait", f"pod/open-{name}", "--for=jsonpath={.status.phase}=Succeeded", "--timeout=50s")


@pytest.fixture(scope="session")
def room(cluster: Cluster) -> Iterator[Room]:
    """An installed namespace."""
    if not RUNTIME:
        pytest.skip("KFBRIDGE_RUNTIME_IMAGE names no image of kfbridge (.ci/runtime-image makes one)")
    config = Config(artifact_root=f"pvc://{CLAIM}/runs")
    text = manifest_text(install_documents(config, cluster.namespace, "1Gi", "ReadWriteOnce"))
    cluster.call("apply", "--filename=-", text=text)
    open_claim(cluster)
    yield Room(cluster)


@dataclass(frozen=True)
class Bucket:
    """A server of S3 that pods of the room reach, and this machine."""

    room: Room
    url: str

    def target(self, place: Path, folder: str = "", **settings: Any) -> Target:
        """A target whose artifact root is in the bucket."""
        given = {
            "artifact_root": f"s3://{BUCKET}/{folder or uuid.uuid4().hex[:8]}",
            "storage": {"endpoint_url": self.url, "region": "us-east-1", "patience": 90.0},
            "storage_secrets": ("store",),
        }
        return self.room.target(place, **{**given, **settings})


@pytest.fixture(scope="session")
def bucket_room(room: Room, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bucket]:
    """The room with a bucket, whose server listens where the API server does: pods reach that address."""
    view = room.cluster.call("config", "view", "--minify", "--output=jsonpath={.clusters[0].cluster.server}")
    host = urlsplit(view).hostname or ""
    secret = {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}
    document = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "store"}, "stringData": secret}
    room.cluster.call("apply", "--filename=-", text=manifest_text([document]))
    with pytest.MonkeyPatch.context() as patch:
        for name, value in secret.items():
            patch.setenv(name, value)
        try:
            with serving("rclone", tmp_path_factory.mktemp("bucket"), host) as server:
                yield Bucket(room, server.url)
        except OSError as error:
            pytest.skip(f"no server can listen where the pods of this cluster reach it: {host}: {error}")


def advertise(room: Room, resource: str) -> None:
    """Let every node have one of a resource that is not there (Kubernetes documentation, Advertise Extended Resources
    for a Node); a test that needs it is skipped where that is not allowed.
    """
    client = Client(room.config())
    try:
        for node in client.request("GET", "/api/v1/nodes")["items"]:
            path = f"/api/v1/nodes/{node['metadata']['name']}/status"
            more = {resource: "1"}
            client.request("PATCH", path, body={"status": {"capacity": more, "allocatable": more}})
    except Refusal as error:
        pytest.skip(f"the user of KUBECONFIG may not say what nodes have: {error}")


@pytest.fixture(scope="session")
def gpu(room: Room) -> None:
    """A GPU that is not there, on every node."""
    advertise(room, "nvidia.com/gpu")
