"""Data in and out of a pod whose artifact root is a bucket.

The containers of a pod start together, and Kubernetes orders only init containers, one after the other. So a staged
pod runs everything but the last thing as init containers::

    stage-in -> the task's own init containers -> main        then, as the pod's container: stage-out

`main`, the user's image untouched, is an init container there. The kubelet itself starts ``stage-out`` when `main` has
ended with 0, and fails the pod when it has not; ``kubectl logs -c main`` shows the step's output as ever. Tried on
1.20: order, logs, exit codes, OOMKilled, ``activeDeadlineSeconds`` and deletion are those of a container.

Weighed against it, with `main` beside a waiting ``stage-out``:

* one process namespace and ``/proc``: the image's program would no longer be process 1, a program of another user
  cannot be looked at, and a step that ends at once is missed;
* the pod's own status from the API server: a token and a right for every step, and requests for each;
* a mark by the driver (an annotation, seen as a file): with the driver dead, a step that has ended holds its GPU;
* a second Job: the data have to survive the pod, which takes a volume, and then nothing need be staged;
* native sidecars (1.29): stopped when `main` ends, within a grace period, and their failure counts for nothing.

The price, which readers of status have to know: while `main` runs, the pod's phase is ``Pending``, so its state is read
from ``initContainerStatuses``; a pod that is not ready until its end meets no ``waitForPodsReady`` of Kueue; service
meshes whose proxy is a container give `main` no network; a container beside `main` is refused here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from kfbridge.backends.k8s.config import Config
from kfbridge.backends.k8s.copying.errand import FOLDERS, ROOT, STORAGE, VOLUMES, as_paths
from kfbridge.backends.k8s.draft import MAIN
from kfbridge.backends.k8s.layout import FILES, WORK
from kfbridge.backends.k8s.root import BucketRoot, artifact_root
from kfbridge.errors import BackendError
from kfbridge.runtime.artifacts import MOUNTS, WORKSPACE

STAGE_IN: Final = "stage-in"
STAGE_OUT: Final = "stage-out"
_DATA: Final = "kfbridge-data"
_PROGRAM: Final = ("python3", "-m", "kfbridge.backends.k8s.copying")
_HERS: Final = frozenset({"claims", "profile"})
"""Storage settings that speak of folders and files of the user's own machine."""

_PASSING: Final = frozenset({"emptyDir", "configMap", "secret", "downwardAPI", "projected"})
"""Volumes in which nothing outlives the pod."""

_SMALL: Final[Mapping[str, Any]] = {"requests": {"cpu": "50m", "memory": "64Mi"}}
"""What copying asks for at least; Kubernetes counts the largest of containers that run one after the other."""


@dataclass(frozen=True, slots=True)
class Staging:
    """How data are copied; `kfbridge.backends.k8s.copying` is the program.

    Args:
        image: The image of both containers.
        stage_in: The command that brings the inputs.
        stage_out: The command that takes the outputs away.
        env: Variables of both; a pod adds those of its attempt.
        secrets: Secrets whose keys are variables of both: the store's credentials.
    """

    image: str
    stage_in: tuple[str, ...]
    stage_out: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()


def staging_of(config: Config) -> Staging | None:
    """How the data of all pods of a target are copied; None where it names no image for that."""
    if config.runtime_image is None:
        return None
    root = artifact_root(config.artifact_root)
    env = {ROOT: root.place} if isinstance(root, BucketRoot) else {}
    settings = config.storage.model_dump(mode="json", exclude_defaults=True, exclude=set(_HERS))
    if settings:
        env[STORAGE] = json.dumps(settings, sort_keys=True)
    return Staging(config.runtime_image, (*_PROGRAM, "in"), (*_PROGRAM, "out"), env, config.storage_secrets)


def data_volume(places: Sequence[str]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The volume of a staged pod, and how every container sees it: each folder at its own place."""
    mounts = [{"name": _DATA, "mountPath": path, "subPath": path.strip("/").replace("/", "-")} for path in places]
    return {"name": _DATA, "emptyDir": {}}, mounts


def stage(
    pod: Mapping[str, Any], staging: Staging, folders: Sequence[str], more: Mapping[str, Any], *, copies: bool = False
) -> dict[str, Any]:
    """The pod with data copied in before `main`, and out after it.

    Every folder of a store that the runtime knows is shared, if the step mounts nothing there: it may give an output
    a URI of a store that none of its inputs is from.

    Args:
        pod: With `main` as its container, and the task's own init containers.
        staging: How.
        folders: Where the data lie in the containers.
        more: Fields of both staging containers: their security context.
        copies: Whether data may have to be copied into the workspace, from where `main` mounts volumes, too.

    Raises:
        BackendError: The pod has another container beside `main`.
    """
    beside = [one["name"] for one in pod["containers"] if one["name"] != MAIN]
    if beside:
        raise BackendError(
            f"its pod has the container {beside[0]!r} beside {MAIN!r}, which is not possible where data are staged",
            remedy='Make it an init container with restartPolicy "Always" (Kubernetes 1.29), or use a pvc:// root.',
            backend="k8s",
        )
    (main,) = pod["containers"]
    volume, mounts = data_volume([*folders, *_free(main, folders), WORK])
    copying = _Copies(staging, mounts, pod, more, copies)
    main = {**main, "volumeMounts": [*main.get("volumeMounts", ()), *mounts]}
    return {
        **pod,
        "initContainers": [copying.container(STAGE_IN), *pod.get("initContainers", ()), main],
        "containers": [copying.container(STAGE_OUT)],
        "volumes": [*pod.get("volumes", ()), volume],
    }


def stage_inputs(
    pod: Mapping[str, Any], staging: Staging, folders: Sequence[str], more: Mapping[str, Any], *, copies: bool = False
) -> dict[str, Any]:
    """The pod with data copied in before `main`, where the root is a claim; see `stage`."""
    volume, mounts = data_volume(folders)
    container = _Copies(staging, mounts, pod, more, copies).container(STAGE_IN)
    if not mounts:  # all that is wanted are copies in the workspace
        return {**pod, "initContainers": [container, *pod.get("initContainers", ())]}
    containers = [
        {**one, "volumeMounts": [*one.get("volumeMounts", ()), *mounts]} if one["name"] == MAIN else one
        for one in pod["containers"]
    ]
    return {
        **pod,
        "initContainers": [container, *pod.get("initContainers", ())],
        "containers": containers,
        "volumes": [*pod.get("volumes", ()), volume],
    }


@dataclass(frozen=True, slots=True)
class _Copies:
    """The staging containers of one pod."""

    staging: Staging
    mounts: list[dict[str, Any]]
    pod: Mapping[str, Any]
    more: Mapping[str, Any]
    copies: bool

    def container(self, name: str) -> dict[str, Any]:
        main = next(one for one in self.pod["containers"] if one["name"] == MAIN)
        workspace = [one for one in main.get("volumeMounts", ()) if one["mountPath"] == WORKSPACE]
        mounts = [*self.mounts, *workspace]
        env = {
            **self.staging.env,
            FOLDERS: as_paths([one["mountPath"] for one in mounts]),
            VOLUMES: as_paths(list(_lasting(main, self.pod.get("volumes", ())))),
        }
        parts: dict[str, Any] = {
            "env": [{"name": key, "value": value} for key, value in env.items() if value],
            "envFrom": [{"secretRef": {"name": secret}} for secret in self.staging.secrets],
        }
        return {
            "name": name,
            "image": self.staging.image,
            "command": list(self.staging.stage_in if name == STAGE_IN else self.staging.stage_out),
            "resources": dict(_SMALL),
            "terminationMessagePolicy": "FallbackToLogsOnError",  # what the program did not tell, its traceback does
            "volumeMounts": [*mounts, *(self._sources(main, mounts) if name == STAGE_IN else ())],
            **{key: value for key, value in parts.items() if value},
            **self.more,
        }

    def _sources(self, main: Mapping[str, Any], mounts: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """The volumes that the step mounts, to be read, where something is copied from there into the workspace."""
        lasting = set(_lasting(main, self.pod.get("volumes", ()))) if self.copies else set()
        there = {one["mountPath"] for one in mounts}
        return [
            {**one, "readOnly": True}
            for one in main.get("volumeMounts", ())
            if one["mountPath"] in lasting and one["mountPath"] not in there
        ]


def _free(main: Mapping[str, Any], folders: Sequence[str]) -> list[str]:
    """The other folders of stores, where the step mounts nothing."""
    taken = [str(one["mountPath"]).rstrip("/") for one in main.get("volumeMounts", ())]
    others = [path.rstrip("/") for path in MOUNTS.values() if path != MOUNTS["oci://"]]  # no store, but images
    return [
        path
        for path in sorted({*others, FILES} - {*folders})
        if not any(f"{one}/".startswith(f"{path}/") or f"{path}/".startswith(f"{one}/") for one in taken)
    ]


def _lasting(main: Mapping[str, Any], volumes: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    """Where the step mounts what outlives its pod."""
    passing = {one["name"] for one in volumes if _PASSING & set(one)}
    return (one["mountPath"] for one in main.get("volumeMounts", ()) if one["name"] not in passing)
