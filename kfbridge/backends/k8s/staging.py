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

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from kfbridge.backends.k8s.draft import MAIN
from kfbridge.backends.k8s.layout import WORK
from kfbridge.errors import BackendError

STAGE_IN: Final = "stage-in"
STAGE_OUT: Final = "stage-out"
_DATA: Final = "kfbridge-data"
_SMALL: Final[Mapping[str, Any]] = {"requests": {"cpu": "50m", "memory": "64Mi"}}
"""What copying asks for at least; Kubernetes counts the largest of containers that run one after the other."""


@dataclass(frozen=True, slots=True)
class Staging:
    """How data are copied.

    Args:
        image: The image of both containers.
        stage_in: The command that brings the inputs.
        stage_out: The command that takes the outputs away.
        env: Variables of both.
        secrets: Secrets whose keys are variables of both: the store's credentials.
    """

    image: str
    stage_in: tuple[str, ...]
    stage_out: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()


def data_volume(folders: Sequence[str]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The volume of a staged pod, and how every container sees it: each folder at its own place, and `WORK`."""
    places = [*folders, WORK]
    mounts = [{"name": _DATA, "mountPath": path, "subPath": path.strip("/").replace("/", "-")} for path in places]
    return {"name": _DATA, "emptyDir": {}}, mounts


def stage(pod: Mapping[str, Any], staging: Staging, folders: Sequence[str], more: Mapping[str, Any]) -> dict[str, Any]:
    """The pod with data copied in before `main`, and out after it.

    Args:
        pod: With `main` as its container, and the task's own init containers.
        staging: How.
        folders: Where the data lie in the containers.
        more: Fields of both staging containers: their security context.

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
    volume, mounts = data_volume(folders)
    (main,) = pod["containers"]
    main = {**main, "volumeMounts": [*main.get("volumeMounts", ()), *mounts]}
    before = _container(STAGE_IN, staging.stage_in, staging, mounts, more)
    after = _container(STAGE_OUT, staging.stage_out, staging, mounts, more)
    return {
        **pod,
        "initContainers": [before, *pod.get("initContainers", ()), main],
        "containers": [after],
        "volumes": [*pod.get("volumes", ()), volume],
    }


def _container(
    name: str, command: Sequence[str], staging: Staging, mounts: list[dict[str, Any]], more: Mapping[str, Any]
) -> dict[str, Any]:
    parts = {
        "env": [{"name": key, "value": value} for key, value in staging.env.items()],
        "envFrom": [{"secretRef": {"name": secret}} for secret in staging.secrets],
    }
    return {
        "name": name,
        "image": staging.image,
        "command": list(command),
        "resources": dict(_SMALL),
        "volumeMounts": mounts,
        **{key: value for key, value in parts.items() if value},
        **more,
    }
