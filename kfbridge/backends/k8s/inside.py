"""The driver in the cluster: ``python3 -m kfbridge.backends.k8s.inside``, in the pod that `driver` describes."""

from __future__ import annotations

import os
import signal
import sys
import time
from dataclasses import replace
from datetime import datetime
from functools import cached_property, partial
from pathlib import Path
from types import FrameType
from typing import Any, Final, NoReturn

from kfbridge.backends.driven import DrivenBackend
from kfbridge.backends.driven.handle import DrivenRun
from kfbridge.backends.driven.mirror import RUNS, Mirror
from kfbridge.backends.driven.mirrored_store import MirroredStore
from kfbridge.backends.k8s.backend import KubernetesBackend
from kfbridge.backends.k8s.driver import HOPELESS, SUBMISSION, TRY_AGAIN, driver_pods, withdraw
from kfbridge.backends.k8s.files import Files, MountedFiles
from kfbridge.backends.k8s.replacing import OPTION, replace_earlier
from kfbridge.backends.k8s.root import MOUNT, ClaimRoot, opening
from kfbridge.backends.k8s.scheduled import as_run
from kfbridge.backends.k8s.submission import TOKEN, Submission, read_submission
from kfbridge.engine.events import RunEnded
from kfbridge.engine.journal import read_journal
from kfbridge.errors import KfbridgeError, RunError, UsageError
from kfbridge.graph.resolve import resolve
from kfbridge.runs.record import RunRecord
from kfbridge.runs.store import RunStore
from kfbridge.spec.read import read_text

_LEFT_TO_GROUP: Final = 0o002  # steps of other users, of the same group, write into the folders that are made here
_POLL: Final = 1.0  # seconds
_LONGEST_WAIT: Final = 120.0  # seconds that a driver before this one may take to end
_NODE_SILENT: Final = 60.0  # seconds after which the node of a deleted pod is taken for dead


class InsideBackend(KubernetesBackend):
    """The backend as the driver's pod has it: a claim is mounted, and who drives the run is settled.

    Args:
        submission: What the Job was told.
    """

    def __init__(self, submission: Submission) -> None:
        super().__init__(submission.as_target(Path("/")))
        self.submission = submission

    @cached_property
    def folder(self) -> Path:
        """The mounted root, or the mirror of a bucket in the pod."""
        return Path(MOUNT) if isinstance(self.root, ClaimRoot) else super().folder

    @cached_property
    def mirror(self) -> Mirror | None:
        """The mirror of a bucket."""
        return None if isinstance(self.root, ClaimRoot) else super().mirror

    @cached_property
    def store(self) -> RunStore:  # type: ignore[override]  # the root may be a folder here
        """The runs; nobody is asked who drives them."""
        return RunStore(self.folder) if self.mirror is None else MirroredStore(self.mirror)

    def files(self) -> Files:
        """The files of attempts."""
        return MountedFiles(self.folder) if self.mirror is None else super().files()

    def begin(self, plan: Any, run_id: str | None) -> RunRecord:
        """The record of the run, which says who submitted it."""
        return self._marked(super().begin(plan, run_id))

    def begin_again(self, record: RunRecord) -> RunRecord:
        """The record of a run that goes on, which says the same."""
        return self._marked(super().begin_again(record))

    def _marked(self, record: RunRecord) -> RunRecord:
        schedule = {OPTION: self.submission.schedule} if self.submission.schedule else {}
        return replace(record, options={**record.options, **schedule, TOKEN: self.submission.token})

    def _as_begun(self, record: RunRecord) -> InsideBackend:
        """This backend: whoever submitted the run has settled its settings."""
        return self

    def take_over(self, record: RunRecord) -> DrivenRun:
        """Go on where a driver of the same Job was cut off: what has failed has failed."""
        return self._go_on(record, takes_over=True)

    def list_run(self, run_id: str) -> None:
        """Put a copy of a run's record where those look who reach the root through a store; see `Mirror`."""
        if self.mirror is None:
            paths = self.store.paths(run_id)
            MountedFiles(self.folder).replace(f"{RUNS}/{paths.folder.name}.json", paths.record.read_bytes())

    def is_driven_elsewhere(self, run_id: str) -> bool:
        """Never: the Job has one pod at a time, and the one before was waited for."""
        return False


def drive(submission: Submission) -> None:
    """Drive the run to its end, or go on where a driver before this one stopped.

    Raises:
        KfbridgeError: It cannot be driven; the Job will try again.
    """
    backend = InsideBackend(submission)
    if backend.mirror is None:
        _see_root(backend.folder, backend.config.artifact_root)
    _wait_for_others(backend, submission.run_id)
    if submission.replaces:
        replace_earlier(backend, partial(_wait_for_others, backend))
    backend.observer = _tell
    run = _begin(backend, submission)
    if run is not None:
        backend.list_run(submission.run_id)
        status = run.wait()
        if not _is_over(backend, submission.run_id):  # it is the driver that has failed, and the next may do better
            raise RunError(status.error or "The driver stopped before the run's end.", transient=True)
    backend.list_run(submission.run_id)
    if backend.store.find(submission.run_id).state == "cancelled":
        withdraw(backend.cluster, submission.run_id, grace=0)  # nothing of a cancelled run stays, this Job included


def _see_root(folder: Path, uri: str) -> None:
    """See that the mounted root can be written.

    Raises:
        RunError: It cannot.
    """
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        raise RunError(
            f"The artifact root {uri} cannot be written by the driver, which has the user {os.getuid()} and the group "
            f"{os.getgid()}.",
            remedy=opening(os.getgid()),
        )


def _begin(backend: InsideBackend, submission: Submission) -> Any:
    try:
        record = backend.store.find(submission.run_id)
    except UsageError:
        record = None
    if record is None:
        graph = resolve(read_text(submission.spec_text))
        plan = DrivenBackend.plan(backend, graph, submission.arguments, submission.spec_text)
        return DrivenBackend.submit(backend, plan, submission.run_id)
    mine = record.options.get(TOKEN) == submission.token
    if not mine and not submission.resumes:
        raise UsageError(
            f"There is a run called {submission.run_id!r} already.",
            remedy=f"Choose another --run-id, or continue that one with: kfbridge resume {submission.run_id}",
        )
    if mine and _is_over(backend, submission.run_id):
        return None  # a driver before this one had all but ended
    if not mine:
        return DrivenBackend.resume(backend, submission.run_id)
    run = backend.take_over(record)
    if _is_asked_to_cancel(backend, submission.run_id):
        run.cancel()
    return run


def _is_asked_to_cancel(backend: InsideBackend, run_id: str) -> bool:
    paths = backend.store.paths(run_id)
    return paths.cancel.exists() or (backend.mirror is not None and backend.mirror.is_asked_to_cancel(paths))


def _is_over(backend: InsideBackend, run_id: str) -> bool:
    """Whether the engine has come to the run's end; a record alone may tell of a driver's own failure."""
    journal = backend.store.paths(run_id).journal
    events = read_journal(journal) if journal.exists() else []
    return bool(events) and isinstance(events[-1], RunEnded)


def _wait_for_others(backend: InsideBackend, run_id: str) -> None:
    """Let the pod of a driver before this one go: two must not write the same journal."""
    until = time.monotonic() + _LONGEST_WAIT
    while others := [
        pod["metadata"]["name"]
        for pod in driver_pods(backend.cluster, run_id)
        if pod["metadata"]["name"] != os.environ.get("HOSTNAME") and _may_write(pod)
    ]:
        if time.monotonic() > until:
            raise RunError(
                f"Another driver of the run {run_id} has not ended: {', '.join(others)}.",
                remedy="If its node is dead, remove it: kubectl delete pod --force",
            )
        time.sleep(_POLL)


def _may_write(pod: dict[str, Any]) -> bool:
    """Whether a pod may still be at work: not when it ended, nor long after it should have."""
    due = pod["metadata"].get("deletionTimestamp")
    if due is not None:
        ended = datetime.fromisoformat(due.replace("Z", "+00:00")).timestamp()
        return time.time() < ended + _NODE_SILENT
    return pod["status"].get("phase") in ("Running", "Pending", "Unknown")


def _tell(run_id: str, event: dict[str, Any]) -> None:
    """A line for each event, for ``kubectl logs``."""
    words = [str(event[name]) for name in ("event", "key", "attempt", "reason", "state") if event.get(name) is not None]
    print(time.strftime("%H:%M:%S", time.gmtime()), *words, flush=True)


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    """End at once: what happened is in the journal, the steps go on, and the next driver takes them up."""
    os._exit(128 + number)


def main() -> int:
    """Drive what the mounted submission says; 0 once the run is over, however it ended."""
    os.umask(_LEFT_TO_GROUP)
    signal.signal(signal.SIGTERM, _leave)
    try:
        drive(as_run(read_submission(Path(SUBMISSION)), os.environ))
    except KfbridgeError as error:
        print(f"error: {error}", file=sys.stderr, flush=True)
        return TRY_AGAIN if error.transient else HOPELESS
    return 0


if __name__ == "__main__":
    sys.exit(main())
