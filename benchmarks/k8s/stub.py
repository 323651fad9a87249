"""An API server on this machine whose pods succeed after a moment, for more of them than a node can hold.

It knows what a run needs and nothing else: every other request is refused, and remembered, so that a measure that
rests on a request which it does not know fails.
"""

from __future__ import annotations

import heapq
import itertools
import json
import queue
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from kfbridge.backends.k8s.root import MOUNT

Document = dict[str, Any]
STAGES = (0.05, 0.1, 0.5)  # seconds from Job to pod, from pod to running, from running to ended


class Store:
    """Objects, and everything that happened to them, in the order in which it happened."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._objects: dict[str, dict[str, Document]] = {"jobs": {}, "pods": {}, "events": {}}
        self._history: list[tuple[str, str, Document]] = []  # plural, type, object; its version is its place
        self._watchers: list[queue.SimpleQueue[tuple[str, str, Document]]] = []

    def put(self, plural: str, document: Document) -> Document | None:
        """Keep an object as it is now, None where there is one of another uid under the name."""
        with self._lock:
            name, metadata = document["metadata"]["name"], document["metadata"]
            there = self._objects[plural].get(name)
            if there is not None and there["metadata"]["uid"] != metadata["uid"]:
                return None
            document = {**document, "metadata": {**metadata, "resourceVersion": str(len(self._history) + 1)}}
            self._objects[plural][name] = document
            event = (plural, "ADDED" if there is None else "MODIFIED", document)
            self._history.append(event)
            for watcher in self._watchers:
                watcher.put(event)
            return document

    def get(self, plural: str, name: str) -> Document | None:
        with self._lock:
            return self._objects[plural].get(name)

    def list(self, plural: str) -> tuple[str, list[Document]]:
        with self._lock:
            return str(len(self._history)), [*self._objects[plural].values()]

    def watch(self, version: int) -> queue.SimpleQueue[tuple[str, str, Document]]:
        """What happens after a version."""
        told: queue.SimpleQueue[tuple[str, str, Document]] = queue.SimpleQueue()
        with self._lock:
            for event in self._history[version:]:
                told.put(event)
            self._watchers.append(told)
        return told


class Kubelet(threading.Thread):
    """Takes Jobs through their lives, and writes what a step would.

    Args:
        store: The objects.
        root: The folder that stands for the claim.
    """

    def __init__(self, store: Store, root: Path) -> None:
        super().__init__(daemon=True)
        self._store, self._root = store, root
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._number = itertools.count()
        self._changed = threading.Condition()

    def take(self, job: Document) -> None:
        self._later(STAGES[0], lambda: self._begin(job))

    def run(self) -> None:
        while True:
            with self._changed:
                while not self._due or self._due[0][0] > time.monotonic():
                    self._changed.wait(self._due[0][0] - time.monotonic() if self._due else None)
                action = heapq.heappop(self._due)[2]
            action()

    def _later(self, seconds: float, action: Callable[[], None]) -> None:
        with self._changed:
            heapq.heappush(self._due, (time.monotonic() + seconds, next(self._number), action))
            self._changed.notify()

    def _begin(self, job: Document) -> None:
        template, name = job["spec"]["template"], job["metadata"]["name"]
        labels = {**template["metadata"]["labels"], "job-name": name}
        metadata = {**template["metadata"], "name": f"{name}-pod", "uid": str(uuid.uuid4()), "labels": labels}
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}
        self._store.put("pods", {**pod, "status": {"phase": "Pending"}})
        self._later(STAGES[1], lambda: self._start(job, pod))

    def _start(self, job: Document, pod: Document) -> None:
        self._store.put("pods", {**pod, "status": _status("Running", {"running": {}})})
        self._later(STAGES[2], lambda: self._end(job, pod))

    def _end(self, job: Document, pod: Document) -> None:
        (main,) = pod["spec"]["containers"]
        words = [*main["command"], *main["args"]]
        given = json.loads(words[words.index("--executor_input") + 1])
        for one in given["outputs"]["parameters"].values():
            (self._root / one["outputFile"].removeprefix(f"{MOUNT}/")).write_text("1")
        self._store.put("pods", {**pod, "status": _status("Succeeded", {"terminated": {"exitCode": 0}})})
        self._store.put("jobs", {**job, "status": {"conditions": [{"type": "Complete", "status": "True"}]}})


class Server(ThreadingHTTPServer):
    """The API server, on a free port of this machine."""

    daemon_threads = True

    def __init__(self, root: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.store = Store()
        self.kubelet = Kubelet(self.store, root)
        self.unknown: list[str] = []
        self.requests = 0
        self.kubelet.start()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def kubeconfig(self) -> Document:
        context = {"name": "stub", "context": {"cluster": "stub", "user": "stub", "namespace": "bench"}}
        cluster = {"name": "stub", "cluster": {"server": f"http://127.0.0.1:{self.server_port}"}}
        user = {"name": "stub", "user": {}}
        head = {"apiVersion": "v1", "kind": "Config", "current-context": "stub"}
        return {**head, "contexts": [context], "clusters": [cluster], "users": [user]}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def log_message(self, format: str, *arguments: Any) -> None:
        """Requests are counted, not printed."""

    def do_GET(self) -> None:
        self.server.requests += 1
        split = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(split.query).items()}
        plural, *rest = _parts(split.path) or [""]
        if plural in ("jobs", "pods", "events") and not rest:
            selected = _selector(query)
            if query.get("watch"):
                self._watch(plural, selected, int(query["resourceVersion"]))
                return
            version, found = self.server.store.list(plural)
            self._answer(200, {"metadata": {"resourceVersion": version}, "items": [*filter(selected, found)]})
        elif plural == "pods" and rest[1:] == ["log"] and self.server.store.get("pods", rest[0]):
            self._send(200, "text/plain", b"said\n")
        else:
            self._refuse()

    def do_POST(self) -> None:
        self.server.requests += 1
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if _parts(self.path) != ["jobs"] or body["kind"] != "Job":
            self._refuse()
            return
        metadata = {**body["metadata"], "uid": str(uuid.uuid4())}
        job = self.server.store.put("jobs", {**body, "metadata": metadata, "status": {}})
        if job is None:
            self._answer(409, {"kind": "Status", "reason": "AlreadyExists", "message": "it is there"})
            return
        self.server.kubelet.take(job)
        self._answer(201, job)

    def _watch(self, plural: str, selected: Callable[[Document], bool], version: int) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        told = self.server.store.watch(version)
        try:
            while True:
                kind, what, document = told.get()
                if kind == plural and selected(document):
                    line = json.dumps({"type": what, "object": document}).encode() + b"\n"
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
        except OSError:
            self.close_connection = True  # the client has gone

    def _refuse(self) -> None:
        self.server.unknown.append(f"{self.command} {self.path}")
        self._answer(501, {"kind": "Status", "reason": "Unknown", "message": "the stub does not know this"})

    def _answer(self, code: int, document: Mapping[str, Any]) -> None:
        self._send(code, "application/json", json.dumps(document).encode())

    def _send(self, code: int, kind: str, data: bytes) -> None:
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def _parts(path: str) -> list[str]:
    """The resource and what comes after it, of an address in the namespace."""
    before, separator, after = path.partition("/namespaces/bench/")
    return after.split("/") if separator and before in ("/api/v1", "/apis/batch/v1") else []


def _selector(query: Mapping[str, str]) -> Callable[[Document], bool]:
    """Whether an object has the labels asked for; by fields, the stub has nothing to give."""
    wanted = dict(one.split("=", 1) for one in query.get("labelSelector", "").split(",") if one)
    return lambda document: wanted.items() <= document["metadata"].get("labels", {}).items()


def _status(phase: str, state: Document) -> Document:
    return {"phase": phase, "containerStatuses": [{"name": "main", "state": state}]}
