"""A backend whose runs are driven by kfbridge's engine, in this process."""

from __future__ import annotations

import shutil
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, ClassVar, Literal

from pydantic import Field

from kfbridge.backends.base import BackendConfig, Finding, Level, Observer, Plan, RunStatus, Target
from kfbridge.backends.driven.driving import Driving, Options
from kfbridge.backends.driven.handle import DrivenRun
from kfbridge.backends.driven.mirror import Mirror
from kfbridge.backends.driven.mirrored_store import MirroredStore
from kfbridge.backends.driven.report import run_status
from kfbridge.backends.driven.root import StorageConfig, root_folder, root_storage
from kfbridge.engine.context import RunContext
from kfbridge.engine.journal import read_journal
from kfbridge.engine.runner import TaskRunner
from kfbridge.errors import KfbridgeError, RefusedError, RunError, UsageError
from kfbridge.graph.model import Graph
from kfbridge.graph.resolve import resolve
from kfbridge.plan.capabilities import Capabilities
from kfbridge.plan.document import json_bytes
from kfbridge.plan.limits import Limits
from kfbridge.runs.detail import restore_journal
from kfbridge.runs.document import write_whole
from kfbridge.runs.lock import DriverLock, beats
from kfbridge.runs.paths import RunPaths
from kfbridge.runs.record import ENDED, RunRecord, begin_record, refuse_succeeded, write_record
from kfbridge.runs.store import LATEST, RunStore
from kfbridge.spec.read import read_file


class DrivenConfig(BackendConfig):
    """What targets of driven backends share."""

    artifact_root: str | None = Field(
        None, description="Where runs are kept: a folder, or a URI of a store; .kfbridge/runs beside kfbridge.toml."
    )
    storage: StorageConfig = Field(StorageConfig(), description="How a store of artifact_root is reached.")
    parallel: int | None = Field(None, ge=1, description="How many steps run at once; the number of cores.")
    failure_policy: Literal["slow", "fast"] = Field(
        "slow", description="After a failed step: finish the independent branches (slow) or start nothing more (fast)."
    )
    cache: bool = Field(True, description="Whether steps that ask for caching are answered from earlier runs.")


class DrivenBackend(ABC):
    """A backend that says how one attempt of one step is run; everything else is here.

    Runs are folders under the target's artifact root, which steps must see at the same path as this process does.
    """

    name: ClassVar[str]
    Config: ClassVar[type[BackendConfig]]
    capabilities: Capabilities
    limits: Limits = Limits()
    kept: ClassVar[tuple[str, ...]] = ("parallel", "failure_policy", "cache")
    """Settings that a resumed run keeps from its beginning, unless they are given anew."""

    def __init__(self, target: Target) -> None:
        assert isinstance(target.config, DrivenConfig)
        self.target = target
        self.options: DrivenConfig = target.config
        self.observer: Observer | None = None
        self._folder = root_folder(target)

    @cached_property
    def mirror(self) -> Mirror | None:
        """This machine's copy of a remote artifact root; None where the root is a folder.

        Raises:
            StorageError: What opens the root is not installed.
        """
        storage = root_storage(self.target)
        return None if storage is None else Mirror(storage, self._folder)

    @cached_property
    def store(self) -> RunStore:
        """The runs under the artifact root."""
        return RunStore(self._folder) if self.mirror is None else MirroredStore(self.mirror)

    @abstractmethod
    def check(self, graph: Graph, arguments: Mapping[str, Any]) -> tuple[Finding, ...]:
        """What this backend says about a pipeline; pure."""

    @abstractmethod
    def runner(self, graph: Graph, paths: RunPaths, context: RunContext) -> TaskRunner:
        """What runs the attempts of one run.

        Args:
            graph: The pipeline.
            paths: The run's folder.
            context: The run, for placeholders.
        """

    def plan(self, graph: Graph, arguments: Mapping[str, Any], spec_text: str) -> Plan:
        """What this backend does with a pipeline, and the pipeline and the arguments that it would drive."""
        documents = {
            "pipeline.yaml": spec_text.encode("utf-8", "backslashreplace"),
            "arguments.json": json_bytes(arguments),
        }
        found = self.check(graph, arguments)
        return Plan(graph.name, self.target, graph, dict(arguments), spec_text, found, documents)

    def submit(self, plan: Plan, run_id: str | None = None) -> DrivenRun:
        """Start the plan in a thread of this process and return at once.

        The steps end with this process; `Run.wait` waits for them.

        Raises:
            UsageError: There is a run of that id already.
            RunError: The artifact root cannot be written.
        """
        record = begin_record(
            run_id=run_id,
            pipeline=plan.pipeline,
            target=self.target.name,
            backend=self.name,
            arguments=plan.arguments,
            options=self.options.model_dump(mode="json", include=set(self.kept)),
            spec_text=plan.spec_text,
        )
        paths = self._make_folder(record.run_id)
        if self.mirror is not None:
            self._claim(self.mirror, paths)
        lock = DriverLock(paths.lock)
        lock.acquire()
        try:
            write_whole(paths.spec, plan.spec_text)
            write_record(paths.record, record)
        except RunError:
            shutil.rmtree(paths.folder, ignore_errors=True)  # nothing has begun
            lock.release()
            raise
        return self._drive(plan.graph, record, lock, plan.findings)

    def run(self, run_id: str) -> DrivenRun:
        """The handle of the run with that id, with a unique id that begins so, or of the ``latest``."""
        record = self.store.find(run_id)
        return DrivenRun(self.store, record.run_id, self._graph(record.run_id))

    def resume(self, run_id: str) -> DrivenRun:
        """Continue a run; see `run` for what names one.

        Raises:
            RunError: It has succeeded, or another process drives it.
            RefusedError: With the settings as they are now, the target cannot do what the pipeline asks.
        """
        found = self.store.find(run_id)
        refuse_succeeded(found)
        if beats(self.store.paths(found.run_id).beat) and found.state not in ENDED:
            raise RunError(
                "The run is being driven on another machine.",
                where=found.run_id,
                remedy=f"Wait for it, or end it with: kfbridge cancel {found.run_id}",
            )
        graph = self._graph(found.run_id)
        backend = self._as_begun(found)
        findings = backend.check(graph, found.arguments)
        backend._refuse(findings)
        paths = self.store.paths(found.run_id)
        lock = DriverLock(paths.lock)
        lock.acquire()
        try:
            restore_journal(found, paths)
            history = read_journal(paths.journal)
            paths.cancel.unlink(missing_ok=True)
            record = replace(found, state="running", ended=None, error=None, outputs={})
            write_record(paths.record, record)
        except RunError:
            lock.release()
            raise
        return backend._drive(graph, record, lock, findings, history)

    def runs(self) -> list[RunStatus]:
        """Every run, newest first, without their tasks."""
        return [run_status(record, str(self.store.paths(record.run_id).folder)) for record in self.store.runs()]

    # ------------------------------------------------------------------------------------------------

    def _drive(
        self, graph: Graph, record: RunRecord, lock: DriverLock, findings: tuple[Finding, ...], history: Any = ()
    ) -> DrivenRun:
        paths = self.store.paths(record.run_id)
        driving = Driving(
            graph,
            lambda context: self.runner(graph, paths, context),
            Options(self.options.failure_policy, self.options.cache),
            paths,
            record,
            lock,
            self.mirror,
            history,
            self.observer,
        )
        run = DrivenRun(self.store, record.run_id, graph, driving, findings)
        driving.start()
        return run

    def _graph(self, run_id: str) -> Graph:
        return resolve(read_file(self.store.paths(run_id).spec))

    def _as_begun(self, record: RunRecord) -> DrivenBackend:
        """This backend with the settings that the run began with, under those that are given now."""
        config = self.target.config
        given = {name: getattr(config, name) for name in config.model_fields_set}
        before = {name: value for name, value in record.options.items() if name in self.kept}
        backend = type(self)(replace(self.target, config=type(config).model_validate({**before, **given})))
        backend.observer = self.observer
        return backend

    def _refuse(self, findings: Sequence[Finding]) -> None:
        refused = [finding for finding in findings if finding.level is Level.REFUSED]
        if refused:
            first = refused[0]
            raise RefusedError(first.reason, where=first.task, remedy=first.remedy, backend=self.name)

    def _make_folder(self, run_id: str) -> RunPaths:
        paths = self.store.paths(run_id)
        if not run_id or run_id == LATEST:
            raise UsageError(f"A run cannot be called {run_id!r}.", remedy="Choose another --run-id.")
        try:
            paths.folder.parent.mkdir(parents=True, exist_ok=True)
            paths.folder.mkdir()
        except FileExistsError as error:
            if not paths.folder.is_dir():
                raise self._unwritable(error) from error
            if not paths.record.exists():
                return paths  # kfbridge was killed before that run began
            raise UsageError(
                f"There is a run called {run_id!r} already.",
                remedy=f"Choose another --run-id, or continue that one with: kfbridge resume {run_id}",
            ) from error
        except OSError as error:
            raise self._unwritable(error) from error
        return paths

    def _claim(self, mirror: Mirror, paths: RunPaths) -> None:
        """Take the run's name at the root, too."""
        try:
            mirror.claim(paths)
        except KfbridgeError:
            shutil.rmtree(paths.folder, ignore_errors=True)  # nothing has begun
            raise

    def _unwritable(self, error: OSError) -> RunError:
        return RunError(
            f"The folder for runs cannot be made: {error.filename}: {error.strerror}.",
            remedy="Give write permission there, or set artifact_root to another folder.",
            backend=self.name,
        )
