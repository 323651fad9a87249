"""Drives one run as the driver in the cluster does, with a folder for its claim; prints what that took of this process.

python -m benchmarks.k8s.driven FOLDER PIPELINE   (KUBECONFIG names the API server)
"""

from __future__ import annotations

import json
import sys
import time
from functools import cached_property
from pathlib import Path

from kfbridge.backends.driven import DrivenBackend
from kfbridge.backends.k8s.inside import InsideBackend
from kfbridge.backends.k8s.submission import Submission
from kfbridge.graph.resolve import resolve
from kfbridge.spec.read import read_text


class OnFolder(InsideBackend):
    """The driver's backend, its claim mounted elsewhere."""

    place: Path

    @cached_property
    def folder(self) -> Path:
        return self.place


def main() -> None:
    place, text = Path(sys.argv[1]), Path(sys.argv[2]).read_text(encoding="utf-8")
    graph = resolve(read_text(text))
    config = {"backend": "k8s", "artifact_root": "pvc://claim/runs", "driver": "client", "images": {"*": "python:3.11"}}
    backend = OnFolder(Submission("", "growth", graph.name, "stub", config, {}, text))
    backend.place = place
    empty = peak()
    begun, start = time.process_time(), time.perf_counter()
    ended = DrivenBackend.submit(backend, DrivenBackend.plan(backend, graph, {}, text), "growth").wait()
    figures = {
        "state": ended.state,
        "wall": time.perf_counter() - start,
        "cpu": time.process_time() - begun,
        "memory": peak(),
        "empty": empty,
    }
    print(json.dumps(figures))


def peak() -> float:
    """Megabytes of this program at most; ``ru_maxrss`` would have those of its parent, from before it was a program."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024


if __name__ == "__main__":
    main()
