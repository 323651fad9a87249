"""The pod of one attempt of a step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from kfbridge.backends.images import mapped
from kfbridge.backends.k8s.config import Config
from kfbridge.backends.k8s.draft import Draft
from kfbridge.backends.k8s.expansion import protect, referenced
from kfbridge.backends.k8s.names import job_name, labels, run_annotations
from kfbridge.backends.k8s.resources import ask
from kfbridge.backends.k8s.root import ClaimRoot, Root
from kfbridge.backends.k8s.scheduling import require_labels, tolerate
from kfbridge.backends.k8s.security import Security, secure
from kfbridge.backends.k8s.settings import apply_settings, pull_secrets
from kfbridge.backends.k8s.staging import Staging
from kfbridge.backends.k8s.volumes import shared_memory
from kfbridge.engine.executor_input import CommandLine
from kfbridge.engine.runner import TaskInvocation
from kfbridge.errors import BackendError
from kfbridge.runtime.artifacts import WORKSPACE
from kfbridge.runtime.executor import MOUNTED_ROOT
from kfbridge.runtime.main import ERROR_FILE
from kfbridge.spec.boot import read_boot

_POD_FIELDS: Final = {"KFP_POD_NAME": "metadata.name", "KFP_POD_UID": "metadata.uid"}
"""Variables that KFP gives to every step (``commonEnvs`` in ``kubeflow/pipelines, backend/src/v2/compiler``)."""

_KUEUE: Final = "kueue.x-k8s.io/queue-name"  # a label of the Job: Kueue documentation, Run A Kubernetes Job
_VOLCANO: Final = "scheduling.volcano.sh/queue-name"  # an annotation of the pod
_LAST_WORDS: Final = "/dev/termination-log"
"""What a container writes here, its status tells (``terminationMessagePath``, PodSpec): no request fetches it."""

DEFAULT_CONTAINER: Final = "kubectl.kubernetes.io/default-container"  # what kubectl logs and exec mean without -c


@dataclass(frozen=True, slots=True)
class Setting:
    """What the pods of a run have in common.

    Attributes:
        config: The target.
        namespace: Where everything is made.
        root: The artifact root.
        staging: How data are copied; needed where the root is a bucket.
        workspace: The claim that is the run's workspace; empty without one.
        root_images: Images of which a kubelet has said that they run as root.
    """

    config: Config
    namespace: str
    root: Root
    staging: Staging | None = None
    workspace: str = ""
    root_images: frozenset[str] = frozenset()

    def security(self, image: str) -> Security:
        """What is asked for where a container runs an image."""
        if self.config.pod_security == "baseline":
            return Security.IMAGE
        return Security.NUMBERED if image in self.root_images else Security.RESTRICTED


def draft_pod(invocation: TaskInvocation, line: CommandLine, setting: Setting) -> Draft:
    """The pod of an attempt, before native settings and staging.

    The image's entry point stays where the component says no command, and its working directory always.

    Raises:
        BackendError: A Kubernetes setting is unknown, or cannot be.
        RequestError: What the step asks for cannot be read.
        MachineError: The target's flavour of Kubernetes cannot tell such nodes.
    """
    draft = Draft(name=job_name(invocation.run_id, invocation.key, invocation.attempt))
    _say_what_runs(draft, invocation, line, setting.config)
    _say_where(draft, setting.config)
    ask(draft, invocation, line, setting.config)
    if isinstance(setting.root, ClaimRoot):
        volume = setting.root.volume()
        draft.volumes[volume.pop("name")] = volume
        if _is_function(invocation):
            draft.variable(MOUNTED_ROOT, setting.root.place)  # the runtime keeps there what a step has put elsewhere
        mount = setting.root.mount()
        draft.mounts[mount["mountPath"]] = mount
    if setting.workspace:
        claim = {"persistentVolumeClaim": {"claimName": setting.workspace}}
        draft.mount(draft.volume(setting.workspace, claim), WORKSPACE)
    _apply(draft, invocation)
    images = setting.config.images
    draft.init = [{**one, "image": mapped(one["image"], images)} if "image" in one else one for one in draft.init]
    draft.labels |= labels(invocation)  # by which the driver finds its pods: the last word
    draft.annotations |= run_annotations(invocation)
    secure(draft, setting.security, setting.config.run_as_user, setting.config.fs_group or None)
    return draft


def queue_labels(config: Config) -> dict[str, str]:
    """The labels by which a Job waits in the target's queue."""
    return {_KUEUE: config.queue} if config.queue and config.queue_system == "kueue" else {}


def _say_what_runs(draft: Draft, invocation: TaskInvocation, line: CommandLine, config: Config) -> None:
    draft.main["image"] = mapped(line.image, config.images)
    container = invocation.container
    written = referenced((*container.command, *container.args, *(value for _, value in container.env)))
    known = written & _variables(invocation)
    for name, texts in (("command", line.command), ("args", line.args)):
        if texts:
            draft.main[name] = [protect(text, known) for text in texts]
    if _is_function(invocation):
        draft.variable(ERROR_FILE, _LAST_WORDS)
    draft.main["terminationMessagePolicy"] = "FallbackToLogsOnError"
    for name, path in _POD_FIELDS.items():
        draft.variable(name, {"fieldRef": {"fieldPath": path}})
    for name, value in line.env.items():
        draft.variable(name, protect(value, known))


def _is_function(invocation: TaskInvocation) -> bool:
    """Whether kfbridge's runtime, or KFP's, is what the container runs."""
    return read_boot(invocation.container.command, invocation.container.args) is not None


def _variables(invocation: TaskInvocation) -> set[str]:
    """The names of all variables that the step's container will have from its pod."""
    settings: Mapping[str, Any] = invocation.platforms.get("kubernetes") or {}
    found = {*_POD_FIELDS, *(name for name, _ in invocation.container.env)}
    for key in ("secretAsEnv", "configMapAsEnv"):
        found |= {pair.get("envVar") for entry in settings.get(key) or () for pair in entry.get("keyToEnv") or ()}
    return found | {entry.get("name") for entry in settings.get("fieldPathAsEnv") or ()}


def _say_where(draft: Draft, config: Config) -> None:
    draft.spec |= {
        "restartPolicy": "Never",
        "automountServiceAccountToken": config.service_account is not None,
        "enableServiceLinks": False,  # variables of every service of the namespace are no part of a step's environment
        "terminationGracePeriodSeconds": config.grace_seconds,
    }
    optional = {
        "serviceAccountName": config.service_account,
        "priorityClassName": config.priority_class,
        "schedulerName": "volcano" if config.queue and config.queue_system == "volcano" else None,
    }
    draft.spec |= {name: value for name, value in optional.items() if value}
    if config.image_pull_policy:
        draft.main["imagePullPolicy"] = config.image_pull_policy
    draft.labels |= config.labels
    draft.annotations |= config.annotations
    draft.annotations[DEFAULT_CONTAINER] = "main"
    if config.queue and config.queue_system == "volcano":
        draft.annotations[_VOLCANO] = config.queue
    pull_secrets(draft, config.image_pull_secrets)
    require_labels(draft, config.node_selector)
    tolerate(draft, config.tolerations)


def _apply(draft: Draft, invocation: TaskInvocation) -> None:
    apply_settings(draft, invocation.platforms.get("kubernetes") or {})
    own: Mapping[str, Any] = invocation.platforms.get("kfbridge") or {}
    if own.get("sharedMemory"):
        shared_memory(draft, str(own["sharedMemory"]))
    if own.get("timeout"):
        draft.spec["activeDeadlineSeconds"] = seconds(own["timeout"])


def seconds(duration: str) -> int:
    """The whole seconds of a duration as protobuf writes it (``7200s``), rounded up; at least one.

    Raises:
        BackendError: It is none.
    """
    try:
        return max(1, -int(-float(str(duration).removesuffix("s")) // 1))
    except (ValueError, OverflowError):
        raise BackendError(
            f"its timeout {duration!r} is no duration", remedy='Write seconds: "7200s".', backend="k8s"
        ) from None
