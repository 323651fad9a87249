"""How many requests a driver in the cluster makes, by the API server's own audit log.

The API server has to run on this machine: it is started again with a log, and without one at the end.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.k8s.counting import WINDOW, told, waiters
from benchmarks.k8s.pipelines import fan, waiting
from benchmarks.k8s.room import Room
from benchmarks.k8s.row import Row
from kfbridge.backends.k8s.rights import DRIVER

POLICY = "apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [RequestReceived]\nrules: [{level: Metadata}]\n"


def audited(room: Room, repeat: int) -> Iterator[Row]:
    """Whole runs that a Job drives; then the requests while steps wait."""
    with audit_log(room.folder) as log:
        user = f"system:serviceaccount:{room.namespace}:{DRIVER}"
        for count in (20, 100):
            room.clean()
            before = requests_of(log, user)
            room.run(fan(count, 10))
            found = requests_of(log, user) - before
            what = f"the same by a driver in the cluster, by the audit log, {count} steps: {told(found)}"
            yield Row.figure(what, f"{sum(found.values()) / count:.2f}", "<= 6")
        for count in (1, 50):
            room.clean()
            found = while_waiting(room, count, log, user)
            what = f"the same by a driver in the cluster in {WINDOW:.0f} s while {count} of {count} steps wait"
            yield Row.figure(f"{what}: {told(found) or 'none'}", f"{sum(found.values())}", "constant")


def while_waiting(room: Room, count: int, log: Path, user: str) -> Counter[str]:
    backend, run = room.begin(waiting(count))
    while len(waiters(backend, run.run_id)) < count:
        time.sleep(2)
        backend.store.find(run.run_id)
    time.sleep(5)
    before = requests_of(log, user)
    time.sleep(WINDOW)
    found = requests_of(log, user) - before
    run.cancel()
    run.wait()
    return found


def requests_of(log: Path, user: str) -> Counter[str]:
    """The requests of a user so far, by verb and resource; each counts once, a watch when it begins."""
    found: dict[str, str] = {}
    for line in log.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        if entry["user"]["username"] == user:
            about = entry.get("objectRef") or {}
            resource = "/".join(filter(None, (about.get("resource"), about.get("subresource"))))
            found[entry["auditID"]] = f"{entry['verb']} {resource or entry['requestURI'].split('?')[0]}"
    return Counter(found.values())


@contextmanager
def audit_log(folder: Path) -> Iterator[Path]:
    """Let the API server write an audit log as long as this lasts."""
    log, policy = folder / "audit.log", folder / "policy.yaml"
    policy.write_text(POLICY, encoding="utf-8")
    words = stop()
    start([*words, f"--audit-policy-file={policy}", f"--audit-log-path={log}"])
    try:
        yield log
    finally:
        stop()
        start(words)


def stop() -> list[str]:
    """End the API server; the words that it was started with."""
    found = subprocess.run(["pgrep", "--exact", "kube-apiserver"], capture_output=True, text=True, check=False)
    if not found.stdout.split():
        raise SystemExit("The API server is no process of this machine, so it cannot be given an audit log.")
    pid = int(found.stdout.split()[0])
    words = Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8").split("\0")[:-1]
    os.kill(pid, signal.SIGTERM)
    while Path(f"/proc/{pid}").exists():
        time.sleep(0.2)
    return words


def start(words: Sequence[str]) -> None:
    """Start an API server, and wait until it is ready."""
    silent = subprocess.DEVNULL
    subprocess.Popen(words, stdout=silent, stderr=silent, start_new_session=True, cwd="/")
    while subprocess.run(["kubectl", "get", "--raw", "/readyz"], stdout=silent, stderr=silent, check=False).returncode:
        time.sleep(1)
