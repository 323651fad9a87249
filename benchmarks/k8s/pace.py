"""How long steps take, beside bare pods and Jobs that a script makes."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from benchmarks.k8s.pipelines import chain, fan
from benchmarks.k8s.room import Document, Ends, Room, bare_job, bare_pod
from benchmarks.k8s.row import Row

WARM = 2  # steps of a run before the first measure


def chains(room: Room, repeat: int, count: int = 50) -> Iterator[Row]:
    """The run and the script at the same time: on a machine that does other things, these weigh on both alike."""
    step = warmed(room)
    ours, walls, theirs = list[float](), list[float](), list[float]()
    for number in range(repeat):
        room.clean()
        with ThreadPoolExecutor(1) as pool:
            script = pool.submit(one_after_the_other, room, [step] * count, f"chain-{number}")
            ran = room.run(chain(count))
            bare = script.result()
        for found, seconds in ((ours, ran.makespan), (walls, ran.wall), (theirs, bare)):
            found.append(seconds)
        print(f"   round {number}: {ran.makespan:.1f} s, for the client {ran.wall:.1f}; bare {bare:.1f}", flush=True)
    label = f"a chain of {count} steps: the journal's makespan"
    yield Row.ratio(label, f"{count} bare pods, one after the other, meanwhile", theirs, ours, "<= 1.25")
    yield Row.ratio(f"a chain of {count} steps: until the client sees the end", "the same", theirs, walls)


def warmed(room: Room) -> Document:
    """The Job of a step, from a run after which the image is known, and the door open."""
    return room.jobs(room.run(chain(WARM)).run_id)[-1]


def one_after_the_other(room: Room, jobs: list[Document], name: str) -> float:
    """Seconds for the pods of Jobs, made by a plain script, each when the one before has ended."""
    ends = Ends(room.cluster)
    start = time.perf_counter()
    for number, job in enumerate(jobs):
        room.cluster.create(bare_pod(job, f"{name}-{number}"))
        ends.next()
    ends.close()
    return time.perf_counter() - start


def fans(room: Room, repeat: int, count: int = 100, at_once: int = 10) -> Iterator[Row]:
    step = warmed(room)
    ours, walls, theirs = list[float](), list[float](), list[float]()
    for number in range(repeat):
        room.clean()
        script = some_at_once(room, [step] * count, f"fan-{number}", at_once)
        room.clean()
        ran = room.run(fan(count, at_once))
        for found, seconds in ((ours, ran.makespan), (walls, ran.wall), (theirs, script)):
            found.append(seconds)
        print(
            f"   round {number}: {ran.makespan:.1f} s, for the client {ran.wall:.1f}; script {script:.1f}", flush=True
        )
    label = f"a fan of {count} steps, {at_once} at once: the journal's makespan"
    yield Row.ratio(label, f"the same {count} Jobs, made by a script, {at_once} at once", theirs, ours, "<= 1.25")
    yield Row.ratio(f"a fan of {count} steps: until the client sees the end", "the same", theirs, walls)


def some_at_once(room: Room, jobs: list[Document], name: str, at_once: int) -> float:
    """Seconds for Jobs that a plain script makes; the next one as soon as the pod of one has ended."""
    ends = Ends(room.cluster)
    start = time.perf_counter()
    for number, job in enumerate(jobs):
        if number >= at_once:
            ends.next()
        room.cluster.create(bare_job(job, f"{name}-{number}"))
    for _ in range(min(at_once, len(jobs))):
        ends.next()
    ends.close()
    return time.perf_counter() - start


def start_ups(room: Room, repeat: int, count: int = 20) -> Iterator[Row]:
    """The pod of a Python function beside ``python3 -c pass`` in the same image, with the claim mounted and without."""
    step = warmed(room)
    room.clean()
    kinds = {"bare": _nothing(step, claim=False), "claim": _nothing(step, claim=True), "step": bare_pod(step, "")}
    times: dict[str, list[float]] = {kind: [] for kind in kinds}
    inside: dict[str, list[float]] = {kind: [] for kind in kinds}
    ends = Ends(room.cluster)
    for number in range(count):
        turn = number % len(kinds)  # whoever comes after a pod pays for its removal, too
        for kind in (*[*kinds][turn:], *[*kinds][:turn]):
            pod = {**kinds[kind], "metadata": {**kinds[kind]["metadata"], "name": f"{kind}-{number}"}}
            start = time.perf_counter()
            room.cluster.create(pod)
            seen = ends.next()
            times[kind].append(time.perf_counter() - start)
            (status,) = seen["status"]["containerStatuses"]
            inside[kind].append(_seconds(status["state"]["terminated"]))
    ends.close()
    label = f"a Python function's pod, created to ended, median of {count}"
    nothing = "`python3 -c pass` in the same image"
    yield Row.difference(label, f"{nothing}, the claim mounted", times["claim"], times["step"], "<= 0.5 s more")
    yield Row.difference("the same", f"{nothing}, no claim", times["bare"], times["step"])
    label = f"its container's startedAt to finishedAt (whole seconds), mean of {count}"
    means = ([statistics.mean(inside[kind])] for kind in ("claim", "step"))
    yield Row.difference(label, f"{nothing}, the claim mounted", *means, "<= 0.5 s more")


def _nothing(job: Document, *, claim: bool) -> Document:
    pod = bare_pod(job, "")
    (main,) = pod["spec"]["containers"]
    kept = ["name", "image", "imagePullPolicy", "securityContext", *(["volumeMounts"] if claim else [])]
    container = {**{key: main[key] for key in kept if key in main}, "command": ["python3", "-c", "pass"]}
    volumes = {"volumes": pod["spec"]["volumes"]} if claim else {}
    return {**pod, "spec": {"restartPolicy": "Never", "containers": [container], **volumes}}


def _seconds(ended: Document) -> float:
    start, end = (datetime.fromisoformat(ended[name].replace("Z", "+00:00")) for name in ("startedAt", "finishedAt"))
    return (end - start).total_seconds()
