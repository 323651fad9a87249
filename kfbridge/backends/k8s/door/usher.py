"""Finds the open door of a user to a claim, or makes one and waits until it is open."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from kfbridge.backends.k8s.client import Cluster
from kfbridge.backends.k8s.door import hindrance
from kfbridge.backends.k8s.door.doorway import DOOR, Doorway
from kfbridge.backends.k8s.door.hindrance import Hindrance
from kfbridge.backends.k8s.faults import Refusal
from kfbridge.backends.k8s.resource import EVENT, JOB, POD
from kfbridge.errors import BackendError, StorageError
from kfbridge.storage.errors import AccessDeniedError, BucketMissingError, CredentialsError, UnreachableError

_SOONEST: Final = 0.2  # seconds between two looks, at first
_LATEST: Final = 2.0

_UNKNOWN: Final = Hindrance("the cluster gives no reason", f"See: kubectl describe pod -l {DOOR}")

Tell = Callable[[str], None]
"""Told, for a person, what is waited for."""


class Usher:
    """Leads to the pod of a door. Several processes that look at once come to the same one.

    Args:
        cluster: The cluster.
        doorway: Which door.
        where: What errors name.
        tell: Told what is waited for.
    """

    def __init__(self, cluster: Cluster, doorway: Doorway, where: str, tell: Tell | None) -> None:
        self._cluster = cluster
        self._doorway = doorway
        self._where = where
        self._tell = tell

    def lead(self) -> str:
        """The name of a pod that runs.

        Raises:
            StorageError: It does not start, with the cluster's reason; or the cluster says no, or cannot be reached.
        """
        with asking(self._where):
            begin, wait, told = time.monotonic(), _SOONEST, ""
            job: dict[str, Any] | None = None
            while True:
                before, job = job, self._open_job()
                if job is None:
                    if before is not None:  # it has ended while it was waited for: not for a fault of its own?
                        self._give_up_on_failed(before, self._pods(before))
                    job = self._made()
                pods = self._pods(job)
                running = next((pod for pod in pods if _runs(pod)), None)
                if running is not None:
                    return str(running["metadata"]["name"])
                self._give_up_on_failed(job, pods)
                told = self._wait(job, pods, time.monotonic() - begin, told)
                time.sleep(wait)
                wait = min(_LATEST, 1.2 * wait)

    def _wait(self, job: Mapping[str, Any], pods: list[dict[str, Any]], waited: float, told: str) -> str:
        """Tell what is waited for, unless that was told; give up in the end."""
        found = self._hindrance(job, pods, waited)
        if found is not None and found.reason != told and self._tell is not None:
            self._tell(f"{self._where} waits: {found.reason}")
        self._lose_patience(job, found or _UNKNOWN, waited)
        return found.reason if found is not None else told

    def _open_job(self) -> dict[str, Any] | None:
        """The first door that has not ended; all who look agree on it."""
        jobs = self._cluster.list(JOB, f"{DOOR}={self._doorway.key}")["items"]
        return min((job for job in jobs if not _ended(job)), key=_number, default=None)

    def _made(self) -> dict[str, Any]:
        """A new door; one that somebody else made at the same moment."""
        while True:
            jobs = self._cluster.list(JOB, f"{DOOR}={self._doorway.key}")["items"]
            number = 1 + max(map(_number, jobs), default=0)
            try:
                return self._cluster.create(self._doorway.job(number))
            except Refusal as error:
                if error.cause != "AlreadyExists":
                    raise
            if (found := self._open_job()) is not None:
                return found

    def _pods(self, job: Mapping[str, Any]) -> list[dict[str, Any]]:
        found = self._cluster.list(POD, f"controller-uid={job['metadata']['uid']}")["items"]
        return [pod for pod in found if not pod["metadata"].get("deletionTimestamp")]

    def _give_up_on_failed(self, job: Mapping[str, Any], pods: list[dict[str, Any]]) -> None:
        """A pod whose own program failed would fail again."""
        for pod in pods:
            found = hindrance.of_failed(pod) if (pod.get("status") or {}).get("phase") == "Failed" else None
            if found is not None:
                self._lose_patience(job, found, float("inf"))

    def _hindrance(self, job: Mapping[str, Any], pods: list[dict[str, Any]], waited: float) -> Hindrance | None:
        said = next((found for pod in pods if (found := hindrance.of_pod(pod)) is not None), None)
        if said is not None or waited < self._doorway.terms.doubt / 2:
            return said
        return self._warned(job, pods)

    def _warned(self, job: Mapping[str, Any], pods: list[dict[str, Any]]) -> Hindrance | None:
        """What events say, where they may be read; a door needs no right to them."""
        for one in (*pods, job):
            try:
                events = self._cluster.list(EVENT, fields=f"involvedObject.uid={one['metadata']['uid']}")["items"]
            except Refusal as error:
                if error.code != 403:
                    raise
                return None
            if (found := hindrance.of_events(events)) is not None:
                return found
        return None

    def _lose_patience(self, job: Mapping[str, Any], found: Hindrance, waited: float) -> None:
        terms = self._doorway.terms
        if waited <= (terms.doubt if found.doubtful else terms.start):
            return
        self._cluster.delete(JOB, job["metadata"]["name"])
        if found.claim_missing:
            raise BucketMissingError(
                f"There is no volume claim {self._doorway.root.claim!r} in the namespace {self._doorway.namespace!r} "
                f"({found.reason}).",
                where=self._where,
                remedy=found.remedy,
            )
        raise StorageError(
            f"The pod that opens the claim (Job {job['metadata']['name']}) does not start: {found.reason}.",
            where=self._where,
            remedy=found.remedy,
        )


@contextmanager
def asking(where: str) -> Iterator[None]:
    """What the cluster says, as errors of storage.

    Raises:
        StorageError: For a `BackendError`.
    """
    try:
        yield
    except BackendError as error:
        code = getattr(error, "code", None)
        if error.transient:
            raise UnreachableError(error.reason, where=where, remedy=error.remedy) from error
        kind = {401: CredentialsError, 403: AccessDeniedError, 404: BucketMissingError}.get(code or 0, StorageError)
        raise kind(error.reason, where=where, remedy=error.remedy) from error


def _runs(pod: Mapping[str, Any]) -> bool:
    statuses = (pod.get("status") or {}).get("containerStatuses") or ()
    return any("running" in (one.get("state") or {}) for one in statuses)


def _ended(job: Mapping[str, Any]) -> bool:
    conditions = (job.get("status") or {}).get("conditions") or ()
    over = any(one["type"] in ("Complete", "Failed") and one["status"] == "True" for one in conditions)
    return over or bool(job["metadata"].get("deletionTimestamp"))


def _number(job: Mapping[str, Any]) -> int:
    return int(job["metadata"]["name"].rpartition("-")[2])
