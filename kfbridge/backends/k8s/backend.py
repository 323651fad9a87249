"""The backend that runs each attempt of a step as a Kubernetes Job."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any, ClassVar

from kfbridge.backends.base import Checkup, Finding, Level, Plan
from kfbridge.backends.checked import CheckedBackend, machine_documents
from kfbridge.backends.driven import DrivenBackend
from kfbridge.backends.driven.driving import Driving, Options
from kfbridge.backends.driven.mirror import Mirror
from kfbridge.backends.driven.root import mirror_folder, root_checkups, root_storage
from kfbridge.backends.k8s.capabilities import CAPABILITIES, CARRIED, LIMITS, NOT_ASKED, RESOURCES
from kfbridge.backends.k8s.claim import workspace_claim
from kfbridge.backends.k8s.client import Cluster
from kfbridge.backends.k8s.config import Config as KubernetesConfig
from kfbridge.backends.k8s.doctor import PATIENCE, TERMS, checkups
from kfbridge.backends.k8s.door.doorway import Terms
from kfbridge.backends.k8s.driver import is_driving, submit_driver
from kfbridge.backends.k8s.files import Files, StoredFiles
from kfbridge.backends.k8s.finishing import Finisher
from kfbridge.backends.k8s.handle import KubernetesRun
from kfbridge.backends.k8s.images import KnownImages
from kfbridge.backends.k8s.machines import choose
from kfbridge.backends.k8s.names import workspace_name
from kfbridge.backends.k8s.planning import plan_documents
from kfbridge.backends.k8s.pod import Setting
from kfbridge.backends.k8s.root import MOUNT, ClaimRoot, Root, artifact_root
from kfbridge.backends.k8s.runner import KubernetesRunner
from kfbridge.backends.k8s.schedules import KubernetesSchedules
from kfbridge.backends.k8s.staging import staging_of
from kfbridge.backends.k8s.store import ClusterStore
from kfbridge.backends.k8s.submission import Submission
from kfbridge.engine.context import RunContext
from kfbridge.errors import RunError, UsageError
from kfbridge.graph.model import Graph
from kfbridge.machines.offer import Offer
from kfbridge.machines.override import NONE, Overrides
from kfbridge.machines.request import MachineRequest
from kfbridge.plan.capabilities import Capabilities
from kfbridge.plan.limits import Limits
from kfbridge.plan.needs import Need, features
from kfbridge.plan.support import Support
from kfbridge.runs.paths import RunPaths
from kfbridge.runs.record import ENDED, refuse_succeeded
from kfbridge.runtime.artifacts import WORKSPACE
from kfbridge.storage import Storage
from kfbridge.target import BackendConfig, Target


class KubernetesBackend(CheckedBackend, DrivenBackend):
    """Each attempt of a step is a Job; kfbridge's engine drives them, in a Job of its own or in this process."""

    name: ClassVar[str] = "k8s"
    Config: ClassVar[type[BackendConfig]] = KubernetesConfig
    title: ClassVar[str] = "Kubernetes"
    modules: ClassVar[Mapping[str, str]] = {"kubernetes": "kfbridge[k8s]"}
    carried: ClassVar[frozenset[str]] = CARRIED
    reaches_root: ClassVar[bool] = True
    capabilities: Capabilities = CAPABILITIES
    limits: Limits = LIMITS

    def __init__(self, target: Target) -> None:
        DrivenBackend.__init__(self, target)
        assert isinstance(target.config, KubernetesConfig)
        self.config = target.config

    # What there is -----------------------------------------------------------------------------------

    @cached_property
    def cluster(self) -> Cluster:
        """The API server."""
        return Cluster(self.config)

    @cached_property
    def root(self) -> Root:
        """The artifact root, as pods see it."""
        return artifact_root(self.config.artifact_root)

    @cached_property
    def folder(self) -> Path:
        """The mirror of the artifact root; claims of other clusters and namespaces have others."""
        if not isinstance(self.root, ClaimRoot):
            return mirror_folder(self.config.artifact_root)
        where = self.cluster.configuration.host, self.cluster.namespace
        return mirror_folder("/".join((self.config.artifact_root, *where)))

    @cached_property
    def mirror(self) -> Mirror | None:
        """This machine's copy of the artifact root."""
        place = MOUNT if isinstance(self.root, ClaimRoot) else ""
        return Mirror(self._storage(), self.folder, place, self.transfers)

    @cached_property
    def store(self) -> ClusterStore:
        """The runs under the artifact root, as they and the cluster tell."""
        assert self.mirror is not None
        return ClusterStore(self.mirror, lambda run_id: is_driving(self.cluster, run_id))

    @cached_property
    def schedules(self) -> KubernetesSchedules:
        """The schedules of the namespace."""
        return KubernetesSchedules(self.cluster, self.config)

    def _storage(self, terms: Terms = Terms()) -> Storage:  # noqa: B008  a frozen value
        if isinstance(self.root, ClaimRoot) and self.root.claim not in self.options.storage.claims:
            from kfbridge.backends.k8s.door.storage import DoorStorage
            from kfbridge.storage import Settings

            settings = Settings(**self.options.storage.model_dump())
            return DoorStorage(self.cluster, self.config, self.root, self.config.artifact_root, settings, terms=terms)
        storage = root_storage(self.target)
        assert storage is not None
        return storage

    # What is said ------------------------------------------------------------------------------------

    def choose(self, request: MachineRequest, overrides: Overrides = NONE, folder: Path | None = None) -> Offer:
        """What a pod says to land on a node that fits."""
        if self.config.resources == "none":
            request = MachineRequest()
        return choose(request, overrides, folder, flavour=self.config.flavour)

    def answers(self, need: Need, answer: Support) -> Iterator[Support]:
        """What is said of one need."""
        yield NOT_ASKED if self.config.resources == "none" and need.feature in RESOURCES else answer

    def plan(self, graph: Graph, arguments: Mapping[str, Any], spec_text: str) -> Plan:
        """The driver's manifests, and the Job of every step as far as it is known before the run."""
        found, staffing = self.examine(graph, arguments)
        needs = features(graph, arguments, self.name)
        refused = any(one.level is Level.REFUSED for one in found)
        documents = {} if refused else plan_documents(graph, needs, arguments, spec_text, self.target)
        machines = machine_documents(staffing)
        return Plan(graph.name, self.target, graph, dict(arguments), spec_text, found, documents, machines=machines)

    def doctor(self) -> Iterator[Checkup]:
        """Whether the cluster, the rights and the root are ready."""
        storage = self.options.storage.model_copy(update={"patience": PATIENCE})
        hurried = KubernetesBackend(replace(self.target, config=self.config.model_copy(update={"storage": storage})))
        hurried.cluster = self.cluster
        root = partial(root_checkups, hurried.target, lambda target: hurried._storage(TERMS))
        yield from checkups(self.cluster, self.config, root)

    # Running -----------------------------------------------------------------------------------------

    def submit(self, plan: Plan, run_id: str | None = None) -> KubernetesRun:
        """Start the plan: make the driver's Job, or drive it in a thread of this process (``driver = "client"``).

        Raises:
            UsageError: There is a run of that id already.
            BackendError: The cluster refuses.
        """
        if self.config.driver == "client":
            run = DrivenBackend.submit(self, plan, run_id)
            assert isinstance(run, KubernetesRun)
            return run
        record = self.begin(plan, run_id)
        submission = Submission.of(record, self.target, plan.spec_text)
        submit_driver(self.cluster, self.config, submission)
        return KubernetesRun(self, record.run_id, plan.graph, findings=plan.findings, submission=submission)

    def run(self, run_id: str) -> KubernetesRun:
        """The handle of the run with that id, with a unique id that begins so, or of the ``latest``."""
        try:
            record = self.store.find(run_id)
        except UsageError:
            if not is_driving(self.cluster, run_id):
                raise
            return KubernetesRun(self, run_id, None)  # its driver has only just begun
        return KubernetesRun(self, record.run_id, self._graph(record.run_id))

    def resume(self, run_id: str) -> KubernetesRun:
        """Continue a run; see `run` for what names one.

        Raises:
            RunError: It has succeeded, or something drives it.
            RefusedError: With the settings as they are now, the target cannot do what the pipeline asks.
        """
        if self.config.driver == "client":
            run = DrivenBackend.resume(self, run_id)
            assert isinstance(run, KubernetesRun)
            return run
        found = self.store.find(run_id)
        refuse_succeeded(found)
        if found.state not in ENDED:
            raise RunError(
                "The run is being driven already.",
                where=found.run_id,
                remedy=f"Wait for it, or end it with: kfbridge cancel {found.run_id}",
            )
        backend, graph, findings = self._readied(found)
        spec_text = self.store.paths(found.run_id).spec.read_text(encoding="utf-8")
        submission = Submission.of(found, backend.target, spec_text, resumes=True)
        submit_driver(self.cluster, self.config, submission)
        return KubernetesRun(self, found.run_id, graph, findings=findings, submission=submission)

    def handle(
        self, run_id: str, graph: Graph, driving: Driving | None = None, findings: tuple[Finding, ...] = ()
    ) -> KubernetesRun:
        """The handle of a run."""
        return KubernetesRun(self, run_id, graph, driving, findings)

    def is_driven_elsewhere(self, run_id: str) -> bool:
        """Whether a driver in the cluster, or on another machine, is at it."""
        return is_driving(self.cluster, run_id) or DrivenBackend.is_driven_elsewhere(self, run_id)

    def drive_options(self) -> Options:
        """How runs are driven."""
        return Options(self.options.failure_policy, self.options.cache, workspace=WORKSPACE)

    def files(self) -> Files:
        """The files of attempts, as whoever drives the run reaches them."""
        assert self.mirror is not None
        return StoredFiles(self.mirror)

    def runner(self, graph: Graph, paths: RunPaths, context: RunContext) -> KubernetesRunner:
        """Jobs of the target's namespace."""
        setting = Setting(
            self.config, self.cluster.namespace, self.root, staging_of(self.config), self._workspace(graph, context)
        )
        files = self.files()
        finisher = Finisher(self.cluster, files, paths.log)
        return KubernetesRunner(self.cluster, setting, context, files, finisher, KnownImages(files))

    def _workspace(self, graph: Graph, context: RunContext) -> str:
        """Make the claim that is the run's workspace, if the pipeline has one, and give its name."""
        kubernetes = graph.platforms.get("kubernetes") or {}
        workspace = (kubernetes.get("pipelineConfig") or {}).get("workspace")
        if not workspace:
            return ""
        setting = Setting(self.config, self.cluster.namespace, self.root)
        self.cluster.create_once(workspace_claim(context.run_id, context.pipeline, workspace, setting))
        return workspace_name(context.run_id)
