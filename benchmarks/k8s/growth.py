"""What the driver takes for more steps than a node can hold, against an API server that is a stub."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.k8s.pipelines import fan
from benchmarks.k8s.row import Row
from benchmarks.k8s.stub import Server

SIZES = (250, 500, 1000, 2000)


def growth() -> Iterator[Row]:
    for count in SIZES:
        found = driven(count)
        memory = f"{found['memory']:.0f} MB ({found['empty']:.0f} before it began)"
        cpu = f"CPU {found['cpu']:.1f} s, {1000 * found['cpu'] / count:.1f} ms a step"
        aim = "<= 150 MB" if count == 1000 else "linear"
        what = f"the driver with {count:,} steps at once: memory; CPU; requests a step"
        yield Row.figure(what, f"{memory}; {cpu}; {found['requests'] / count:.2f}", aim)


def driven(count: int) -> dict[str, Any]:
    """The figures of a driver that has run `count` steps, none waiting for another."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "root").mkdir()
        server = Server(folder / "root")
        (folder / "kubeconfig").write_text(json.dumps(server.kubeconfig()))
        (folder / "pipeline.yaml").write_text(fan(count))
        command = [sys.executable, "-m", "benchmarks.k8s.driven", folder / "root", folder / "pipeline.yaml"]
        env = {**os.environ, "KUBECONFIG": str(folder / "kubeconfig"), "KFBRIDGE_CACHE_DIR": str(folder / "cache")}
        done = subprocess.run(command, env=env, stdout=subprocess.PIPE, check=True, text=True)
        server.shutdown()
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        if server.unknown or found["state"] != "succeeded":
            raise SystemExit(f"{found['state']}; requests that the stub does not know: {server.unknown[:5]}")
        return {**found, "requests": server.requests}
