"""Doors on a real cluster: what they carry, and what becomes of them when things break.

The image (KFBRIDGE_RUNTIME_IMAGE) has this kfbridge, and is on the nodes already.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from kfbridge.backends.k8s.client import Cluster as Server
from kfbridge.backends.k8s.config import Config
from kfbridge.backends.k8s.door.doorway import DOOR, RULES, Terms
from kfbridge.backends.k8s.door.storage import DoorStorage
from kfbridge.backends.k8s.manifest import manifest_text
from kfbridge.backends.k8s.root import ClaimRoot
from kfbridge.errors import StorageError
from kfbridge.storage import Settings, Transfer
from kfbridge.storage.errors import AccessDeniedError, BucketMissingError
from tests.backends.k8s.conftest import Cluster
from tests.storage.test_trees import TREE, content, make

IMAGE = os.environ.get("KFBRIDGE_RUNTIME_IMAGE", "")
CLAIM = "door"
LARGE = 64 << 20
QUICK = Terms(idle=30.0, start=60.0, doubt=3.0)

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.slow,
    pytest.mark.skipif(not IMAGE, reason="KFBRIDGE_RUNTIME_IMAGE names no image that has kfbridge"),
]

SHARE = (
    "import os\n"
    "os.makedirs('/claim/runs', exist_ok=True)\n"
    "os.chown('/claim/runs', 0, 65532); os.chmod('/claim/runs', 0o2775)"
)


@pytest.fixture(scope="module")
def claim(cluster: Cluster) -> Cluster:
    """A claim whose folder belongs to the group: hostPath volumes know no fsGroup."""
    spec = {"accessModes": ["ReadWriteMany"], "resources": {"requests": {"storage": "1Gi"}}}
    wanted = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": CLAIM}, "spec": spec}
    cluster.call("create", "--filename=-", text=manifest_text([cluster.here(wanted)]))
    run(cluster, "share", SHARE, {"runAsUser": 0})
    return cluster


def run(cluster: Cluster, name: str, script: str, security: dict[str, Any], part: dict[str, Any] | None = None) -> None:
    """Run a script of Python in a pod that has mounted the claim, or a part of it, at /claim."""
    main = {"name": "main", "image": IMAGE, "imagePullPolicy": "Never", "command": ["python3", "-c", script]}
    spec = {
        "restartPolicy": "Never",
        "containers": [
            {
                **main,
                "securityContext": security,
                "volumeMounts": [{"name": "v", "mountPath": "/claim", **(part or {})}],
            }
        ],
        "volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": CLAIM}}],
    }
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}
    cluster.call("create", "--filename=-", text=manifest_text([cluster.here(pod)]))
    assert waited(lambda: phase(cluster, name) in ("Succeeded", "Failed"))
    assert phase(cluster, name) == "Succeeded", cluster.call("logs", name)


def phase(cluster: Cluster, name: str) -> str:
    return cluster.call("get", "pod", name, "--output=jsonpath={.status.phase}")


def waited(true: Any, seconds: float = 60.0) -> bool:
    until = time.monotonic() + seconds
    while not true():
        if time.monotonic() > until:
            return False
        time.sleep(0.3)
    return True


def config(cluster: Cluster, **more: Any) -> Config:
    return Config(
        **{
            "artifact_root": f"pvc://{CLAIM}/runs", "namespace": cluster.namespace, "runtime_image": IMAGE,
            "image_pull_policy": "Never", "grace_seconds": 1, **more,
        }
    )  # fmt: skip


def opened(cluster: Cluster, terms: Terms = QUICK, claim: str = CLAIM, **more: Any) -> DoorStorage:
    made = config(cluster, artifact_root=f"pvc://{claim}/runs", **more)
    return DoorStorage(Server(made), made, ClaimRoot(claim, "runs"), made.artifact_root, Settings(), terms=terms)


def doors(cluster: Cluster) -> dict[str, dict[str, Any]]:
    jobs = json.loads(cluster.call("get", "jobs", f"--selector={DOOR}", "--output=json"))["items"]
    return {job["metadata"]["name"]: job for job in jobs}


def pods(cluster: Cluster) -> list[str]:
    found = json.loads(cluster.call("get", "pods", f"--selector={DOOR}", "--output=json"))["items"]
    running = [
        pod for pod in found if pod["status"]["phase"] == "Running" and "deletionTimestamp" not in pod["metadata"]
    ]
    return [pod["metadata"]["name"] for pod in running]


@pytest.fixture
def storage(claim: Cluster) -> Iterator[DoorStorage]:
    made = opened(claim)
    yield made
    made.close()


@pytest.fixture
def name() -> str:
    return f"test-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def large(tmp_path: Path) -> Path:
    path = tmp_path / "large"
    path.write_bytes(os.urandom(LARGE))
    return path


def test_trees_come_back_as_they_went(storage: DoorStorage, name: str, tmp_path: Path) -> None:
    source = make(tmp_path / "source", TREE)
    storage.put_tree(source, name)
    storage.get_tree(name, tmp_path / "target")
    assert content(tmp_path / "target") == content(source)
    assert storage.exists(name) and len(list(storage.list(name))) == len(TREE) - 1
    storage.delete(name)
    assert not storage.exists(name)
    assert storage.locate(name) == f"pvc://{CLAIM}/runs/{name}"


def test_large_files_and_small_ones(
    storage: DoorStorage, name: str, large: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    begin = time.monotonic()
    storage.exists()
    first = time.monotonic()
    storage.put_file(large, name)
    put = time.monotonic()
    storage.get_file(name, large.with_name("back"))
    got = time.monotonic()
    assert large.with_name("back").read_bytes() == large.read_bytes()
    storage.write_bytes(f"{name}-small", b"x" * 100)
    start = time.monotonic()
    for _ in range(100):
        assert storage.read_bytes(f"{name}-small") == b"x" * 100
    each = (time.monotonic() - start) / 100
    with capsys.disabled():
        print(
            f"\n  first answer {first - begin:.2f} s, put {LARGE / 1e6 / (put - first):.0f} MB/s, "
            f"get {LARGE / 1e6 / (got - put):.0f} MB/s, small read {each * 1000:.1f} ms"
        )


def test_threads_share_a_door(storage: DoorStorage, name: str, tmp_path: Path) -> None:
    data = [os.urandom(3_000_000) for _ in range(6)]

    def work(number: int) -> bytes:
        path = tmp_path / str(number)
        path.write_bytes(data[number])
        storage.put_file(path, f"{name}/{number}")
        storage.get_file(f"{name}/{number}", path)
        return path.read_bytes()

    with ThreadPoolExecutor(6) as threads:
        assert list(threads.map(work, range(6))) == data
    assert len(pods(storage_cluster(storage))) == 1


def storage_cluster(storage: DoorStorage) -> Cluster:
    return Cluster(os.environ.get("KUBECTL", "kubectl"), storage._cluster.namespace)


@pytest.mark.parametrize("way", ["put", "get"])
def test_a_door_that_is_deleted_is_opened_again(
    claim: Cluster, storage: DoorStorage, name: str, large: Path, way: str
) -> None:
    deleted: list[str] = []

    def progress(transfer: Transfer) -> None:
        if transfer.bytes > LARGE // 3 and not deleted:
            deleted.extend(pods(claim))
            claim.call("delete", "pod", *deleted, "--wait=false")

    storage.put_file(large, name, progress=progress if way == "put" else None)
    storage.get_file(name, large.with_name("back"), progress=progress if way == "get" else None)
    assert large.with_name("back").read_bytes() == large.read_bytes()
    assert len(deleted) == 1 and pods(claim) != deleted
    storage.delete(name)


OTHER = """
import sys
from kfbridge.backends.k8s.client import Cluster
from kfbridge.backends.k8s.config import Config
from kfbridge.backends.k8s.door.storage import DoorStorage
from kfbridge.backends.k8s.door.doorway import Terms
from kfbridge.backends.k8s.root import ClaimRoot
from kfbridge.storage import Settings
config = Config.model_validate_json(sys.argv[1])
root = ClaimRoot("door", "runs")
storage = DoorStorage(Cluster(config), config, root, config.artifact_root, Settings(), terms=Terms(idle=30.0))
print(storage.write_new(sys.argv[2], b""))
storage.close()
"""


def test_processes_that_begin_at_once_share_a_door(claim: Cluster, name: str) -> None:
    made = config(claim, labels={"test": name})  # so that there is no door for it yet
    command = [sys.executable, "-c", OTHER, made.model_dump_json(), name]
    before = set(doors(claim))
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    said = sorted(process.communicate(timeout=100)[0].strip() for process in running)
    assert said == ["False", "False", "True"]  # the lock has one owner
    assert [process.returncode for process in running] == [0, 0, 0]
    assert len(set(doors(claim)) - before) == 1


def test_a_door_ends_when_it_is_idle_and_another_one_opens(claim: Cluster) -> None:
    storage = opened(claim, replace(QUICK, idle=2.0))
    before = set(doors(claim))
    assert storage.exists()
    (door,) = set(doors(claim)) - before
    time.sleep(5)
    assert not doors(claim)[door].get("status", {}).get("succeeded")  # a connection that is open is in use
    storage.close()
    assert waited(lambda: doors(claim)[door].get("status", {}).get("succeeded") == 1, 30)
    assert storage.exists()
    (second,) = set(doors(claim)) - before - {door}
    assert second == door[:-1] + "2"
    storage.close()


def test_a_claim_that_is_missing(claim: Cluster) -> None:
    storage, before = opened(claim, claim="nowhere"), set(doors(claim))
    with pytest.raises(BucketMissingError, match="There is no volume claim 'nowhere' in the namespace") as raised:
        storage.exists()
    assert 'persistentvolumeclaim "nowhere" not found' in raised.value.reason
    assert raised.value.where == "pvc://nowhere/runs" and "kfbridge k8s install" in str(raised.value.remedy)
    assert set(doors(claim)) == before


@pytest.mark.parametrize(
    ("settings", "reason", "remedy"),
    [
        ({"runtime_image": "kfbridge-test/nothing:1"}, "ErrImageNeverPull: Container image", "Correct runtime_image"),
        (
            {"runtime_image": "kfbridge-test/python:3.11"},
            "ended with exit code 1: .*No module named",
            "Set runtime_ima",
        ),
        ({"node_selector": {"pool": "none"}}, "0/1 nodes are available", "Make room, or correct node_selector"),
        ({"service_account": "nobody"}, 'FailedCreate: .*serviceaccount "nobody" not found', "Correct the settings"),
    ],
    ids=["image", "kfbridge", "node", "account"],
)
def test_a_door_that_does_not_open(claim: Cluster, settings: dict[str, Any], reason: str, remedy: str) -> None:
    told: list[str] = []
    storage, before = opened(claim, replace(QUICK, start=4.0), **settings), set(doors(claim))
    storage._tell = told.append
    with pytest.raises(StorageError, match=f"does not start: .*{reason}") as raised:
        storage.exists()
    assert remedy in str(raised.value.remedy) and not raised.value.transient
    assert all(one.startswith(f"pvc://{CLAIM}/runs waits: ") for one in told)
    assert set(doors(claim)) == before


def test_folders_of_the_group_are_written_by_other_users(claim: Cluster, storage: DoorStorage, name: str) -> None:
    storage.make_folders([f"{name}/deep"])
    script = f"open('/claim/{name}/deep/file', 'w').write('1'); import os; os.mkdir('/claim/{name}/other')"
    run(claim, name, script, {"runAsUser": 1234, "runAsGroup": 65532}, {"subPath": "runs"})
    assert storage.read_bytes(f"{name}/deep/file") == b"1"
    storage.delete(name)


def kubeconfig(cluster: Cluster, path: Path, user: dict[str, Any], server: str = "") -> str:
    """The cluster's kubeconfig, with another user or another address."""
    found = json.loads(cluster.call("config", "view", "--minify", "--flatten", "--output=json"))
    if user:
        found["users"][0]["user"] = user
    if server:
        inside = found["clusters"][0]["cluster"]
        inside["tls-server-name"] = urlsplit(inside["server"]).hostname
        inside["server"] = server
    path.write_text(json.dumps(found))
    return str(path)


def account(cluster: Cluster, name: str, rules: Any, path: Path) -> str:
    """A kubeconfig of an account with these rights alone."""
    cluster.call("create", "serviceaccount", name)
    listed = [{"apiGroups": [group], "resources": list(kinds), "verbs": list(verbs)} for group, kinds, verbs in rules]
    api = "rbac.authorization.k8s.io"
    role = {"apiVersion": f"{api}/v1", "kind": "Role", "metadata": {"name": name}, "rules": listed}
    binding = {
        "apiVersion": f"{api}/v1",
        "kind": "RoleBinding",
        "metadata": {"name": name},
        "roleRef": {"apiGroup": api, "kind": "Role", "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": cluster.namespace}],
    }
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "kubernetes.io/service-account-token",
        "metadata": {"name": name, "annotations": {"kubernetes.io/service-account.name": name}},
    }
    made = manifest_text([cluster.here(one) for one in (role, binding, secret)])
    cluster.call("create", "--filename=-", text=made)
    script = "--output=go-template={{if .data.token}}{{.data.token | base64decode}}{{end}}"
    assert waited(lambda: bool(cluster.call("get", "secret", name, script)))
    return kubeconfig(cluster, path, {"token": cluster.call("get", "secret", name, script)})


def test_the_rights_that_are_documented_are_enough(claim: Cluster, name: str, tmp_path: Path) -> None:
    storage = opened(claim, kubeconfig=account(claim, name, RULES, tmp_path / "config"), labels={"test": name})
    storage.write_bytes(name, b"1")
    assert storage.read_bytes(name) == b"1"
    storage.close()


def test_a_right_that_is_missing_is_named(claim: Cluster, name: str, tmp_path: Path) -> None:
    storage = opened(claim, kubeconfig=account(claim, name, RULES[:2], tmp_path / "config"))
    with pytest.raises(AccessDeniedError, match=r"does not start a process in the door's pod \(403\)") as raised:
        storage.exists()
    assert "get and create on pods/exec" in str(raised.value.remedy)
    other = opened(claim, kubeconfig=account(claim, f"{name}-2", RULES[1:], tmp_path / "config"))
    with pytest.raises(AccessDeniedError, match=r"refuses GET .*/jobs \(403 Forbidden\)"):
        other.exists()


def test_what_keeps_a_door_closed_is_told_without_further_rights(claim: Cluster, name: str, tmp_path: Path) -> None:
    path = account(claim, name, RULES, tmp_path / "config")
    with pytest.raises(BucketMissingError, match='persistentvolumeclaim "nowhere" not found'):
        opened(claim, kubeconfig=path, claim="nowhere").exists()
    unseen = opened(claim, replace(QUICK, start=4.0), kubeconfig=path, service_account="nobody")
    with pytest.raises(StorageError, match="does not start: the cluster gives no reason") as raised:
        unseen.exists()  # no pod was made, and only events say why
    assert "kubectl describe" in str(raised.value.remedy)


class Road:
    """A way to the API server that can be closed, which breaks what is on it."""

    def __init__(self, address: str) -> None:
        self._target = (urlsplit(address).hostname, urlsplit(address).port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://127.0.0.1:{self._listener.getsockname()[1]}"
        self.closed = False
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self.closed = True
        for pair in self._pairs:
            for end in pair:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            near, _ = self._listener.accept()
            if self.closed:
                near.close()
                continue
            far = socket.create_connection(self._target)
            self._pairs.append((near, far))
            threading.Thread(target=self._carry, args=(near, far), daemon=True).start()

    def _carry(self, near: socket.socket, far: socket.socket) -> None:
        with near, far, contextlib.suppress(OSError):
            while True:
                ready, _, _ = select.select([near, far], [], [])
                for end in ready:
                    data = end.recv(1 << 16)
                    if not data:
                        return
                    (far if end is near else near).sendall(data)


def test_an_api_server_that_goes_away_for_some_time(claim: Cluster, name: str, large: Path) -> None:
    found = json.loads(claim.call("config", "view", "--minify", "--output=json"))
    road = Road(found["clusters"][0]["cluster"]["server"])
    storage = opened(claim, kubeconfig=kubeconfig(claim, large.with_name("config"), {}, road.url))
    closed: list[float] = []

    def progress(transfer: Transfer) -> None:
        if transfer.bytes > LARGE // 3 and not closed:
            closed.append(time.monotonic())
            road.close()
            threading.Timer(4.0, lambda: setattr(road, "closed", False)).start()

    storage.put_file(large, name, progress=progress)
    assert time.monotonic() - closed[0] > 4.0
    storage.get_file(name, large.with_name("back"))
    assert large.with_name("back").read_bytes() == large.read_bytes()
    storage.close()
