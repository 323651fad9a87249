"""The engine's `TaskRunner` on Kubernetes: a Job for each attempt, and three watches for all of them."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any, Final

from kfbridge.backends.k8s.attempt import Objects, PodAttempt, clock
from kfbridge.backends.k8s.claim import created_claim, deleted_claim
from kfbridge.backends.k8s.client import Cluster
from kfbridge.backends.k8s.files import Files
from kfbridge.backends.k8s.finishing import Finisher
from kfbridge.backends.k8s.images import KnownImages
from kfbridge.backends.k8s.job import attempt_documents
from kfbridge.backends.k8s.launch import launch_line, named
from kfbridge.backends.k8s.layout import PodLayout
from kfbridge.backends.k8s.names import RUN, label_value, labels
from kfbridge.backends.k8s.pod import Setting
from kfbridge.backends.k8s.resource import CLAIM, EVENT, JOB, POD
from kfbridge.backends.k8s.verdict import (
    Cause,
    Failed,
    Lost,
    RootImage,
    Running,
    Succeeded,
    Verdict,
    Waiting,
)
from kfbridge.backends.k8s.versions import requirements
from kfbridge.backends.k8s.watching import Change, Trouble, Watch
from kfbridge.engine.context import RunContext
from kfbridge.engine.events import (
    Event,
    Outputs,
    TaskFailed,
    TaskStarted,
    TaskSucceeded,
    TaskWaiting,
)
from kfbridge.engine.runner import TaskInvocation
from kfbridge.errors import BackendError
from kfbridge.graph.volumes import CREATE_VOLUME, volume_stub

CANCELLED: Final = "it was cancelled"
_CANCEL_GRACE: Final = 2  # seconds at most; a kubelet takes some more to clean up
_FINISHERS: Final = 8  # attempts whose logs and outputs are fetched at once
_SAY_AGAIN: Final = 30.0  # seconds before another wording of the same cause is told


class KubernetesRunner:
    """Runs attempts as Jobs; they outlive it, and another one takes them up (`AdoptingRunner`).

    All methods belong to one thread, the engine's. What the cluster tells arrives through a queue.

    Args:
        cluster: The cluster.
        setting: What the pods of the run have in common.
        context: The run, for placeholders.
        files: The files of the run.
        finisher: Keeps logs and reads outputs.
        images: The images that are known to run as root.
    """

    def __init__(
        self,
        cluster: Cluster,
        setting: Setting,
        context: RunContext,
        files: Files,
        finisher: Finisher,
        images: KnownImages,
    ) -> None:
        self.capacity: int | None = setting.config.parallel
        self._cluster = cluster
        self._images = images
        self._setting = replace(setting, root_images=images.read())
        self._context = context
        self._files = files
        self._finisher = finisher
        self._limits: Mapping[Cause, float | None] = {
            Cause.IMAGE: setting.config.image_seconds,
            Cause.PLACE: setting.config.waiting_seconds,
        }
        self._told: queue.SimpleQueue[Change | Trouble | Event] = queue.SimpleQueue()
        self._attempts: dict[str, PodAttempt] = {}  # by Job, those that have not ended
        self._objects: dict[str, Objects] = {}  # by Job
        self._pods: dict[str, str] = {}  # the Job of each pod
        self._done: set[str] = set()  # Jobs of which nothing more is wanted
        self._events: list[Event] = []
        self._pool = ThreadPoolExecutor(_FINISHERS, thread_name_prefix="kfbridge-finish")
        selector = f"{RUN}={label_value(context.run_id)}"
        self._watches = [
            Watch(cluster, JOB, self._told.put, selector=selector),
            Watch(cluster, POD, self._told.put, selector=selector),
            Watch(cluster, EVENT, self._told.put, fields="type=Warning"),
        ]
        for watch in self._watches:
            watch.start()

    # The engine's side -------------------------------------------------------------------------------

    def start(self, invocation: TaskInvocation) -> str:
        """Begin an attempt; see `TaskRunner`.

        Raises:
            KfbridgeError: The cluster refuses it, its settings cannot be, or its files cannot be written.
        """
        stub = volume_stub(invocation.container)
        if stub is not None:
            self._tend(stub, invocation)
            return ""
        attempt = self._make(invocation)
        self._attempts[attempt.name] = attempt
        return attempt.name

    def adopt(self, invocation: TaskInvocation, native_id: str) -> bool:
        """Take up an attempt that an earlier driver started; False when its Job is gone."""
        name = self._job_of(invocation) if native_id else None
        if name is None:
            return False
        layout = PodLayout(invocation, self._setting.root)
        attempt = self._known(invocation, layout, layout.executor_input(), name)
        attempt.started = True
        self._attempts[name] = attempt
        self._look(attempt)
        return True

    def _job_of(self, invocation: TaskInvocation) -> str | None:
        """The Job of an attempt by its labels: another one may have been made in the place of the one journaled."""
        selector = ",".join(f"{name}={value}" for name, value in labels(invocation).items())
        jobs = self._cluster.list(JOB, selector)["items"]
        there = [job["metadata"] for job in jobs if not job["metadata"].get("deletionTimestamp")]
        newest = max(there, key=lambda one: str(one["creationTimestamp"]), default=None)
        return None if newest is None else str(newest["name"])

    def events(self, timeout: float | None) -> Iterator[Event]:
        """What happened since the last call; waits for at most `timeout` seconds."""
        until = None if timeout is None else clock() + timeout
        while not self._events:
            self._take(self._patience(until))
            while not self._told.empty():
                self._take(0.0)
            self._look_at_overdue()
            if until is not None and clock() >= until:
                break
        events, self._events = self._events, []
        return iter(events)

    def cancel(self, key: str) -> None:
        """End the running attempt of `key`; the end is told once its pod has gone."""
        grace = min(_CANCEL_GRACE, self._setting.config.grace_seconds)
        for attempt in [one for one in self._attempts.values() if one.key == key]:
            attempt.is_cancelled = True
            self._pool.submit(self._finisher.cancel, attempt, partial(self._remove, attempt, grace))
            if attempt.objects.pod is None:
                self._retire(attempt)
                self._events.append(TaskFailed(time.time(), key, attempt.number, CANCELLED))

    def close(self) -> None:
        """Stop watching; Jobs go on, for whoever drives the run next."""
        for watch in self._watches:
            watch.stop()
        self._pool.shutdown(cancel_futures=True)

    # Starting ----------------------------------------------------------------------------------------

    def _tend(self, stub: str, invocation: TaskInvocation) -> None:
        """Make or delete a volume claim; that is done at once."""
        outputs: dict[str, Any] = {}
        if stub == CREATE_VOLUME:
            document = created_claim(invocation, self._setting)
            self._cluster.create_once(document)
            outputs = {"name": document["metadata"]["name"]}
        else:
            self._cluster.delete(CLAIM, deleted_claim(invocation))
        self._events.append(TaskSucceeded(time.time(), invocation.key, invocation.attempt, Outputs(outputs)))

    def _make(self, invocation: TaskInvocation) -> PodAttempt:
        """Write the attempt's files and create its Job, or find the one that an earlier driver created."""
        layout = PodLayout(invocation, self._setting.root)
        given = layout.executor_input()
        line = launch_line(layout, given, self._context, self._files)
        *others, job = attempt_documents(invocation, line, self._setting)
        for requirement in requirements(job):
            if self._cluster.version < requirement.version:
                major, minor = requirement.version
                raise BackendError(
                    f"it needs {requirement.what}, which this cluster does not have: it runs Kubernetes "
                    f"{'.'.join(map(str, self._cluster.version))}",
                    remedy=f"Take the setting away, or use a cluster of {major}.{minor} or newer.",
                    backend="k8s",
                )
        for document in others:
            self._cluster.create_once(document)
        job = named(job, invocation, self._setting)
        self._cluster.create_once(job)
        return self._known(invocation, layout, given, job["metadata"]["name"])

    def _known(self, invocation: TaskInvocation, layout: PodLayout, given: dict[str, Any], name: str) -> PodAttempt:
        objects = self._objects.setdefault(name, Objects())
        look = f"its output: kfbridge logs {invocation.run_id} {invocation.key}"
        return PodAttempt(invocation, layout, given, name, objects, look)

    # Being told --------------------------------------------------------------------------------------

    def _patience(self, until: float | None) -> float | None:
        """How long to sleep at most: until the caller's patience or an attempt's own time is over."""
        now = clock()
        times = [due for one in self._attempts.values() if (due := one.due(now, self._limits)) is not None]
        times += [until] if until is not None else []
        return max(0.0, min(times) - now) if times else None

    def _take(self, timeout: float | None) -> None:
        try:
            told = self._told.get(timeout=timeout) if timeout != 0.0 else self._told.get_nowait()
        except queue.Empty:
            return
        if isinstance(told, Event):
            self._events.append(told)
        elif isinstance(told, Trouble):
            if told.is_final:
                raise told.error
        elif told.resource is EVENT:
            self._take_warning(told.document)
        else:
            self._take_object(told)

    def _take_object(self, change: Change) -> None:
        metadata = change.document["metadata"]
        name = metadata["name"] if change.resource is JOB else (metadata.get("labels") or {}).get("job-name", "")
        if not name or name in self._done:
            return
        if change.resource is POD:
            self._pods[metadata["name"]] = name
        self._objects.setdefault(name, Objects()).take(change, clock())
        if name in self._attempts:
            self._look(self._attempts[name])

    def _take_warning(self, document: Mapping[str, Any]) -> None:
        about = document.get("involvedObject") or {}
        name = about.get("name", "") if about.get("kind") == "Job" else self._pods.get(about.get("name", ""), "")
        attempt = self._attempts.get(name)
        reason, message = str(document.get("reason")), str(document.get("message") or "")
        if attempt is not None and not (reason == "Failed" and message.startswith("Error: ")):  # the status says it
            attempt.objects.warnings[reason] = message
            self._look(attempt)

    # Judging -----------------------------------------------------------------------------------------

    def _look_at_overdue(self) -> None:
        now = clock()
        for attempt in list(self._attempts.values()):
            due = attempt.due(now, self._limits)
            if due is not None and due <= now:
                self._look(attempt)

    def _look(self, attempt: PodAttempt) -> None:
        now = clock()
        verdict = attempt.verdict(now)
        if attempt.is_cancelled and not isinstance(verdict, Succeeded):
            if isinstance(verdict, (Failed, Lost)) or attempt.node_is_silent(now):
                self._finish(attempt, Failed(CANCELLED))
            return
        if attempt.node_is_silent(now):
            verdict = Lost("its node does not answer any more")
        _HANDLERS[type(verdict)](self, attempt, verdict)

    def _waits(self, attempt: PodAttempt, verdict: Waiting) -> None:
        now = clock()
        same = verdict.cause is attempt.cause
        waited = attempt.waits(verdict, now)
        limit = self._limits.get(verdict.cause)
        if limit is not None and waited >= limit:
            self._finish(attempt, Failed(f"{verdict.reason} (for {limit:g} s)"))
            return
        fresh = verdict.reason != attempt.said and (not same or waited >= _SAY_AGAIN or not attempt.said)
        if verdict.reason and fresh:
            attempt.said = verdict.reason
            self._events.append(TaskWaiting(time.time(), attempt.key, attempt.number, verdict.reason))

    def _runs(self, attempt: PodAttempt, verdict: Running) -> None:
        attempt.cause = None
        if not attempt.started:
            attempt.started = True
            self._events.append(TaskStarted(time.time(), attempt.key, attempt.number, attempt.name))

    def _asks_for_user(self, attempt: PodAttempt, verdict: RootImage) -> None:
        """Make the Job anew for an image that cannot run as its own user; from now on this image is known."""
        if verdict.image not in self._setting.root_images:
            self._setting = replace(self._setting, root_images=self._setting.root_images | {verdict.image})
            self._images.add(verdict.image)
        self._remove(attempt, 0)
        self._retire(attempt)
        try:
            again = self._make(attempt.invocation)
        except BackendError as error:
            terminal = not error.transient
            self._events.append(TaskFailed(time.time(), attempt.key, attempt.number, str(error), terminal=terminal))
            return
        if again.name == attempt.name:  # it has a user of its own, by its settings: nothing would change
            reason = f"its image {verdict.image} would run as root, or as a user without a number"
            self._events.append(TaskFailed(time.time(), attempt.key, attempt.number, reason, terminal=True))
            return
        again.is_cancelled = attempt.is_cancelled
        self._attempts[again.name] = again

    def _finish(self, attempt: PodAttempt, verdict: Verdict) -> None:
        """The attempt has ended: fetch what it left, then tell; what still stands of it goes away."""
        if not isinstance(verdict, Succeeded) and not _is_over(attempt):
            # A kubelet keeps the object of a deleted pod for some seconds more; whoever cancels wants it gone.
            at_once = attempt.is_cancelled or attempt.node_is_silent(clock())
            self._remove(attempt, 0 if at_once else None)
        self._retire(attempt)
        self._pool.submit(self._finisher.finish, attempt, verdict, self._told.put)

    def _retire(self, attempt: PodAttempt) -> None:
        self._attempts.pop(attempt.name, None)
        self._objects.pop(attempt.name, None)
        self._done.add(attempt.name)

    def _remove(self, attempt: PodAttempt, grace: int | None) -> None:
        self._cluster.delete(JOB, attempt.name)
        if attempt.pod_name is not None and grace is not None:
            self._cluster.delete(POD, attempt.pod_name, grace)


def _is_over(attempt: PodAttempt) -> bool:
    """Whether its pod has ended by itself: it stays, with its log, until its time is over."""
    pod = attempt.objects.pod
    return pod is not None and pod["status"].get("phase") in ("Failed", "Succeeded") and not attempt.objects.pod_deleted


_HANDLERS: Final[Mapping[type, Callable[[KubernetesRunner, PodAttempt, Any], None]]] = {
    Waiting: KubernetesRunner._waits,
    Running: KubernetesRunner._runs,
    RootImage: KubernetesRunner._asks_for_user,
    Succeeded: KubernetesRunner._finish,
    Failed: KubernetesRunner._finish,
    Lost: KubernetesRunner._finish,
}
