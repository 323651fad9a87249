"""Compile time and peak memory for growing pipelines, in fresh processes.

    python benchmarks/compile.py [--tasks 100 1000 10000] [--shapes chain loops] [--repeat 3]

Each figure is the best of the repetitions: importing is not counted, tracing, lowering and writing are.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, nargs="+", default=[100, 1000, 10000])
    parser.add_argument("--shapes", nargs="+", default=["chain", "loops"], choices=["chain", "loops"])
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--once", nargs=2, metavar=("SHAPE", "TASKS"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.once:
        once(options.once[0], int(options.once[1]))
        return
    for shape in options.shapes:
        for tasks in options.tasks:
            command = [sys.executable, __file__, "--once", shape, str(tasks)]
            runs = [json.loads(subprocess.check_output(command)) for _ in range(options.repeat)]
            best = min(runs, key=lambda run: run["seconds"])
            print(f"{shape:6} {tasks:6} tasks: {best['seconds']:.3f} s, {best['peak_mb']:.0f} MB", flush=True)


def once(shape: str, tasks: int) -> None:
    from kfbridge import compiler, dsl

    @dsl.component
    def step(text: str) -> str:
        return text

    def chain(text: str = "x") -> None:
        last = step(text=text)
        for _ in range(tasks - 1):
            last = step(text=last.output)

    def loops(text: str = "x") -> None:
        for _ in range(tasks // 10):
            with dsl.ParallelFor(["a", "b"]) as item:
                last = step(text=item)
                for _ in range(9):
                    last = step(text=last.output)

    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        pipeline = dsl.pipeline(name="bench")({"chain": chain, "loops": loops}[shape])
        compiler.Compiler().compile(pipeline, str(Path(folder) / "bench.yaml"))
        seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "peak_mb": peak}))


if __name__ == "__main__":
    main()
