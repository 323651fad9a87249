"""How many requests a run makes of the API server."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from benchmarks.k8s.pipelines import chain, fan, waiting
from benchmarks.k8s.proxy import Proxy
from benchmarks.k8s.room import Room
from benchmarks.k8s.row import Row
from kfbridge.backends.k8s.backend import KubernetesBackend
from kfbridge.engine.events import TaskWaiting
from kfbridge.engine.journal import read_journal

WINDOW = 60.0  # seconds in which steps wait and nothing else happens


def requests(room: Room, repeat: int) -> Iterator[Row]:
    """Whole runs that a client drives, its door to the claim included; then the requests while steps wait."""
    room.run(chain(2))
    given = Path(os.environ["KUBECONFIG"])
    for count in (20, 100):
        proxy = Proxy(room.cluster.configuration)
        kubeconfig = proxy.kubeconfig(given, room.folder / f"kubeconfig-{count}")
        room.clean()
        room.run(fan(count, 10), driver="client", kubeconfig=str(kubeconfig))
        total = sum(proxy.counts.values())
        print(f"   {count} steps: {dict(proxy.counts)}", flush=True)
        yield Row.figure(
            f"requests per step, a run of {count} steps: {told(proxy.counts)}", f"{total / count:.2f}", "<= 6"
        )
    for count in (1, 50):
        room.clean()
        counts, placing = while_waiting(room, count)
        what = f"requests in {WINDOW:.0f} s while {count} of {count} steps wait for a node"
        yield Row.figure(
            f"{what}: {told(counts) or 'none'} (to start: {placing})", f"{sum(counts.values())}", "constant"
        )


def while_waiting(room: Room, count: int) -> tuple[Counter[str], int]:
    """The requests of a window in which all of `count` steps wait, and those that it took to begin."""
    proxy = Proxy(room.cluster.configuration)
    kubeconfig = proxy.kubeconfig(Path(os.environ["KUBECONFIG"]), room.folder / f"kubeconfig-waiting-{count}")
    backend, run = room.begin(waiting(count), driver="client", kubeconfig=str(kubeconfig))
    while len(waiters(backend, run.run_id)) < count:
        time.sleep(1)
    time.sleep(5)
    before = Counter(proxy.counts)
    time.sleep(WINDOW)
    found = proxy.counts - before
    run.cancel()
    run.wait()
    return found, sum(before.values())


def waiters(backend: KubernetesBackend, run_id: str) -> set[str]:
    events = read_journal(backend.store.paths(run_id).journal)
    return {one.key for one in events if isinstance(one, TaskWaiting)}


def told(counts: Counter[str]) -> str:
    return ", ".join(f"{number} {name}" for name, number in counts.most_common())
