"""What this machine does with the settings of kfp-kubernetes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from kfbridge.backends.local.capabilities import INSTEAD
from kfbridge.backends.local.claims import CONFIG_MAP, SECRET, VOLUME, find_folder, read_key
from kfbridge.backends.local.config import Places
from kfbridge.backends.local.mounting import obstacle
from kfbridge.backends.local.names import Scope
from kfbridge.backends.local.pod import is_known
from kfbridge.errors import BackendError
from kfbridge.plan.support import Support, driven, refused, rewritten

_HARMLESS = "has no meaning on this machine and is left out"

NOTED: Mapping[str, str] = dict.fromkeys(
    (
        "nodeSelector",
        "nodeAffinity",
        "podAffinity",
        "tolerations",
        "imagePullPolicy",
        "imagePullSecret",
        "securityContext",
        "enabledSharedMemory",
    ),
    _HARMLESS,
) | {"podMetadata": "is seen through the fields of the pod alone; there is no pod on this machine"}
"""Settings that bring the step nothing that it reads, by their key in the spec."""

KEPT = frozenset({"activeDeadlineSeconds"})
"""Settings that are carried out as they are."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One setting of one task: its key in the spec and value, and what is needed to judge it.

    `makes_volumes` is whether the pipeline makes volume claims itself, `in_docker` whether docker runs the step,
    `on_host` whether the commands of containers run on this machine.
    """

    key: str
    value: Any
    scope: Scope
    places: Places
    makes_volumes: bool = False
    in_docker: bool = False
    on_host: bool = False


def setting_answers(asked: Asked, answer: Support) -> Iterator[Support]:
    """What this machine says about a setting; `answer` is what it says of the feature in general."""
    if asked.key in KEPT:
        yield answer
    elif asked.key in NOTED:
        yield rewritten(f"the Kubernetes setting {asked.key} {NOTED[asked.key]}")
    elif asked.key in CARRIED_OUT:
        yield from CARRIED_OUT[asked.key](asked)
    else:
        reason = f"the Kubernetes setting {asked.key} is not carried out on this machine, and the step may need it"
        yield refused(reason, INSTEAD, loss=True)


def _variables(prefix: str, kind: str, place: str) -> Callable[[Asked], Iterator[Support]]:
    """The judge of the settings that make variables of keys."""

    def judge(asked: Asked) -> Iterator[Support]:
        folder = getattr(asked.places, place)
        for entry in asked.value:
            keys = [str(pair.get(f"{prefix}Key", "")) for pair in entry.get("keyToEnv") or ()]
            for key in keys:
                yield from _kept(asked, entry, prefix, kind, partial(_read, kind, folder, key))
        yield driven(f"what {asked.key} asks for is taken from the files in {folder}")

    return judge


def _read(kind: str, folder: Path, key: str, name: str) -> str:
    return read_key(kind, folder, name, key)


def _files(prefix: str, kind: str, place: str) -> Callable[[Asked], Iterator[Support]]:
    """The judge of the settings that mount a secret, a config map or a volume claim."""

    def judge(asked: Asked) -> Iterator[Support]:
        folder = getattr(asked.places, place)
        absent: list[Support] = []
        for entry in asked.value:
            absent += _kept(asked, entry, prefix, kind, lambda name: find_folder(kind, folder, name))
        if not (kind == VOLUME and asked.makes_volumes):
            yield from absent
        yield from _mounted(asked)
        yield driven(f"what {asked.key} asks for is a folder in {folder}")

    return judge


def _kept(
    asked: Asked, entry: Mapping[str, Any], prefix: str, kind: str, look: Callable[[str], object]
) -> Iterator[Support]:
    """A refusal if what is needed is known not to be there."""
    known, name = asked.scope.name(entry, prefix)
    if not known or entry.get("optional"):
        return
    if name is None:
        reason = f"it needs a {kind} whose name was not given"
        yield refused(reason, "Give the argument that names it (-p NAME=VALUE).")
        return
    try:
        look(name)
    except BackendError as error:
        yield refused(error.reason, error.remedy or "")


def _fresh(asked: Asked) -> Iterator[Support]:
    yield from _mounted(asked)
    yield driven(f"what {asked.key} asks for is a fresh folder, removed when the step has ended")


def _mounted(asked: Asked) -> Iterator[Support]:
    """A refusal where folders cannot be mounted."""
    if not asked.in_docker and (why := obstacle()):
        yield refused(
            f"its {asked.key} has to be mounted, which this machine does not allow: {why}",
            'Run it on Linux with user namespaces allowed, as a container component with containers = "docker", '
            "or on a target whose backend is k8s.",
        )


def _fields(asked: Asked) -> Iterator[Support]:
    for entry in asked.value:
        path = str(entry.get("fieldPath", ""))
        if is_known(path):
            reason = f"the variable {entry.get('name')} gets a stand-in for {path}; there is no pod on this machine"
            yield rewritten(reason)
        else:
            reason = f"the variable {entry.get('name')} is {path} of a pod, for which there is no stand-in"
            yield refused(reason, INSTEAD)


def _before(asked: Asked) -> Iterator[Support]:
    for entry in asked.value:
        name = entry.get("name", "")
        if not asked.on_host:
            remedy = 'Set containers = "host" (its command runs here, without the image), or run it on a k8s target.'
            reason = f"its init container {name} runs the image {entry.get('image')}"
            yield refused(reason, remedy)
        elif entry.get("restartPolicy") or not entry.get("command"):
            why = "is a sidecar" if entry.get("restartPolicy") else "has no command, and its image is not known here"
            yield refused(f"its init container {name} {why}", INSTEAD)
        else:
            reason = f"the command of the init container {name} runs here; the image {entry.get('image')} is not used"
            yield driven(reason)


CARRIED_OUT: Mapping[str, Callable[[Asked], Iterator[Support]]] = {
    "secretAsEnv": _variables("secret", SECRET, "secrets"),
    "configMapAsEnv": _variables("configMap", CONFIG_MAP, "config_maps"),
    "secretAsVolume": _files("secret", SECRET, "secrets"),
    "configMapAsVolume": _files("configMap", CONFIG_MAP, "config_maps"),
    "pvcMount": _files("pvc", VOLUME, "volumes"),
    "emptyDirMounts": _fresh,
    "genericEphemeralVolume": _fresh,
    "fieldPathAsEnv": _fields,
    "initContainers": _before,
}
"""Settings for which this machine has a stand-in."""
