"""Settings that mount something into the step."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from kfbridge.backends.k8s.draft import Draft
from kfbridge.backends.k8s.reference import name_of

Entries = Sequence[Mapping[str, Any]]

SHARED_MEMORY: Final = "/dev/shm"
_SHM: Final = "shm"  # the name that KFP gives to the volume, unless the setting does


def from_object(prefix: str, kind: str, field: str) -> Callable[[Draft, Entries], None]:
    """The setting ``PREFIXAsVolume``; `kind` is the volume's, `field` holds the object's name in it.

    An entry whose name is an optional input that was not given is left out, as in KFP.
    """

    def apply(draft: Draft, entries: Entries) -> None:
        for entry in entries:
            if name := name_of(entry, prefix):
                source = {kind: {field: name, "optional": bool(entry.get("optional"))}}
                draft.mount(draft.volume(name, source), entry.get("mountPath", ""))

    return apply


def claims(draft: Draft, entries: Entries) -> None:
    """The setting ``pvcMount``."""
    for entry in entries:
        if name := name_of(entry, "pvc"):
            volume = draft.volume(name, {"persistentVolumeClaim": {"claimName": name}})
            part = {"subPath": entry["subPath"]} if entry.get("subPath") else {}
            draft.mount(volume, entry.get("mountPath", ""), **part)


def ephemeral(draft: Draft, entries: Entries) -> None:
    """The setting ``genericEphemeralVolume``: a claim that comes and goes with the pod."""
    for entry in entries:
        spec: dict[str, Any] = {
            "accessModes": list(entry.get("accessModes") or ()),
            "resources": {"requests": {"storage": entry.get("size", "")}},
        }
        if not entry.get("defaultStorageClass"):
            spec["storageClassName"] = entry.get("storageClassName", "")
        metadata = {name: dict(found) for name, found in (entry.get("metadata") or {}).items() if found}
        template = {"metadata": metadata, "spec": spec} if metadata else {"spec": spec}
        name = entry.get("volumeName", "")
        draft.mount(draft.volume(name, {"ephemeral": {"volumeClaimTemplate": template}}), entry.get("mountPath", ""))


def empty(draft: Draft, entries: Entries) -> None:
    """The setting ``emptyDirMounts``: a folder as old as the pod; one name is one folder."""
    for entry in entries:
        source = {field: entry[field] for field in ("medium", "sizeLimit") if entry.get(field)}
        draft.mount(draft.volume(entry.get("volumeName", ""), {"emptyDir": source}), entry.get("mountPath", ""))


def shared_memory(draft: Draft, setting: Mapping[str, Any] | str) -> None:
    """The settings ``enabledSharedMemory`` and, a size alone, kfbridge's own ``sharedMemory``."""
    asked: Mapping[str, Any] = {"size": setting} if isinstance(setting, str) else setting
    size = {"sizeLimit": asked["size"]} if asked.get("size") else {}
    draft.mount(
        draft.volume(asked.get("volumeName") or _SHM, {"emptyDir": {"medium": "Memory", **size}}), SHARED_MEMORY
    )
