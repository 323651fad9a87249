"""Measures kfbridge on the cluster of KUBECONFIG, and prints the rows of the table.

export KUBECONFIG=... KFBRIDGE_RUNTIME_IMAGE=$(.ci/runtime-image)
python -m benchmarks.k8s --repeat 3
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from dataclasses import astuple

from benchmarks.k8s.audit import audited
from benchmarks.k8s.counting import requests
from benchmarks.k8s.growth import growth
from benchmarks.k8s.pace import chains, fans, start_ups
from benchmarks.k8s.room import Room, opened
from benchmarks.k8s.row import Row

PARTS: dict[str, Callable[[Room, int], Iterator[Row]]] = {
    "chain": chains,
    "fan": fans,
    "start": start_ups,
    "requests": requests,
    "audit": audited,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=[*PARTS, "growth"], action="append", help="this part alone")
    parser.add_argument("--repeat", type=int, default=3, help="rounds of chain and fan")
    parser.add_argument("--json", action="store_true", help="the rows as one JSON document, last")
    options = parser.parse_args()
    wanted = options.only or ["growth", *(name for name in PARTS if name != "audit")]  # which restarts the API server
    rows = list[Row]()

    def take(found: Iterator[Row]) -> None:
        for row in found:
            print(f"   {row.line()}", flush=True)
            rows.append(row)

    if "growth" in wanted:
        take(growth())
    if set(wanted) & set(PARTS):
        with opened() as room:
            for name in wanted:
                if name in PARTS:
                    take(PARTS[name](room, options.repeat))
    if options.json:
        print(json.dumps([astuple(row) for row in rows]))


if __name__ == "__main__":
    main()
