"""What a task's Kubernetes settings put around its step: variables, and folders at places of its own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from kfbridge.backends.local.claims import CONFIG_MAP, SECRET, VOLUME, find_folder, read_key
from kfbridge.backends.local.config import Places
from kfbridge.backends.local.pod import pod_field
from kfbridge.engine.context import RunContext
from kfbridge.engine.runner import TaskInvocation
from kfbridge.errors import BackendError
from kfbridge.runs.paths import escape


@dataclass(frozen=True, slots=True)
class Mount:
    """A folder of this machine, and the absolute path at which the step finds it."""

    source: Path
    target: str
    read_only: bool = False
    name: str = ""  # of the volume in the pod

    def document(self) -> dict[str, Any]:
        """As `kfbridge.runtime.mounts` takes it."""
        return {"source": str(self.source), "target": self.target, "read_only": self.read_only}


@dataclass(frozen=True, slots=True)
class Before:
    """An init container: its command, its own variables, and the volumes that it sees."""

    name: str
    command: tuple[str, ...]
    env: Mapping[str, str]
    mounts: tuple[Mount, ...]
    folder: Path


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a step finds around it.

    Args:
        env: Variables; they may be secret, and are written nowhere.
        mounts: Folders.
        before: Init containers, which run to their ends before the step begins.
        folder: Where fresh folders lie, which `clear` removes.
    """

    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    mounts: tuple[Mount, ...] = ()
    before: tuple[Before, ...] = ()
    folder: Path | None = None

    @property
    def scratch(self) -> Path | None:
        """An empty folder for making the mounts."""
        return self.folder / "mounts" if self.folder is not None else None

    def clear(self) -> None:
        """Remove what was the step's alone, once it has ended."""
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)


NOTHING = Surroundings()
_SOURCES: tuple[tuple[str, str, str], ...] = (
    ("secret", SECRET, "secrets"),
    ("configMap", CONFIG_MAP, "config_maps"),
)
"""The prefix of the settings, what it is called, and the field of `Places`."""


def surround(
    invocation: TaskInvocation, places: Places, context: RunContext, folder: Path, shared: Sequence[Mount] = ()
) -> Surroundings:
    """Make the surroundings of an attempt.

    Args:
        invocation: The attempt, with the settings' references resolved.
        places: Where this machine keeps secrets, config maps and volumes.
        context: The run.
        folder: A folder for what is the attempt's alone; it is made if needed.
        shared: What every step of the run finds, and where.

    Raises:
        BackendError: A secret, a config map, a key or a volume claim is not there.
    """
    settings = invocation.platforms.get("kubernetes") or {}
    env = dict(_variables(settings, places))
    for one in settings.get("fieldPathAsEnv") or ():
        env[one["name"]] = pod_field(one.get("fieldPath", ""), invocation, context)
    mounts = [*shared, *_read_only(settings, places), *_volumes(settings, places), *_fresh(settings, folder)]
    before = tuple(_before(settings, mounts, folder))
    if not (mounts or before):
        return Surroundings(env) if env else NOTHING
    for mount in mounts:
        _check(mount, folder)
    surroundings = Surroundings(env, tuple(mounts), before, folder)
    assert surroundings.scratch is not None
    surroundings.scratch.mkdir(parents=True, exist_ok=True)
    return surroundings


def name_of(entry: Mapping[str, Any], prefix: str) -> str | None:
    """The name that a setting refers to, of a secret for example, in the new spelling or the deprecated one."""
    reference = entry.get(f"{prefix}NameParameter")
    value = ((reference or {}).get("runtimeValue") or {}).get("constant")
    if value is None:
        value = entry.get(f"{prefix}Name", entry.get("constant"))
    return str(value) if value not in (None, "") else None


def _variables(settings: Mapping[str, Any], places: Places) -> Iterator[tuple[str, str]]:
    for prefix, kind, place in _SOURCES:
        for entry in settings.get(f"{prefix}AsEnv") or ():
            for pair in entry.get("keyToEnv") or ():
                key = pair.get(f"{prefix}Key", "")
                value = _optionally(entry, prefix, kind, getattr(places, place), key)
                if value is not None:
                    yield pair["envVar"], value


def _optionally(entry: Mapping[str, Any], prefix: str, kind: str, folder: Path, key: str) -> str | None:
    """The value of a key, None if it is not there and need not be."""
    try:
        return read_key(kind, folder, _required(entry, prefix, kind), key)
    except BackendError:
        if entry.get("optional"):
            return None
        raise


def _read_only(settings: Mapping[str, Any], places: Places) -> Iterator[Mount]:
    for prefix, kind, place in _SOURCES:
        for entry in settings.get(f"{prefix}AsVolume") or ():
            try:
                folder = find_folder(kind, getattr(places, place), _required(entry, prefix, kind))
            except BackendError:
                if entry.get("optional"):
                    continue
                raise
            yield Mount(folder, _target(entry), read_only=True, name=folder.name)


def _volumes(settings: Mapping[str, Any], places: Places) -> Iterator[Mount]:
    for entry in settings.get("pvcMount") or ():
        folder = find_folder(VOLUME, places.volumes, _required(entry, "pvc", VOLUME))
        part = str(entry.get("subPath") or "")
        if part.startswith("/") or ".." in Path(part).parts:
            raise BackendError(f"the sub path {part!r} leaves the volume claim {folder.name!r}", backend="local")
        (folder / part).mkdir(parents=True, exist_ok=True)
        yield Mount(folder / part, _target(entry), name=folder.name)


def _fresh(settings: Mapping[str, Any], folder: Path) -> Iterator[Mount]:
    """The volumes that live as long as the pod; those of one name are one."""
    for entry in [*(settings.get("emptyDirMounts") or ()), *(settings.get("genericEphemeralVolume") or ())]:
        source = folder / "volumes" / escape(str(entry.get("volumeName", "")))
        source.mkdir(parents=True, exist_ok=True)
        yield Mount(source, _target(entry), name=str(entry.get("volumeName", "")))


def _before(settings: Mapping[str, Any], mounts: Sequence[Mount], folder: Path) -> Iterator[Before]:
    volumes = {mount.name: mount for mount in mounts}
    for entry in settings.get("initContainers") or ():
        name = str(entry.get("name", ""))
        own = folder / "before" / escape(name)
        (own / "mounts").mkdir(parents=True, exist_ok=True)
        wanted = entry.get("volumeMounts") or ()
        for one in wanted:
            if one.get("volumeName") not in volumes:
                reason = (
                    f"its init container {name} mounts the volume {one.get('volumeName')!r}, which it does not have"
                )
                raise BackendError(reason, remedy="Give the task that volume, too.", backend="local")
        yield Before(
            name,
            (*(entry.get("command") or ()), *(entry.get("args") or ())),
            {one["name"]: one.get("value", "") for one in entry.get("env") or ()},
            tuple(replace(volumes[one["volumeName"]], target=_target(one)) for one in wanted),
            own,
        )


def _required(entry: Mapping[str, Any], prefix: str, kind: str) -> str:
    name = name_of(entry, prefix)
    if name is None:
        raise BackendError(
            f"it needs a {kind} whose name was not given", remedy="Give the input that names it.", backend="local"
        )
    return name


def _target(entry: Mapping[str, Any]) -> str:
    """The mount path; one that is relative counts from the root, as container engines have it."""
    return "/" + str(entry.get("mountPath") or "").strip("/")


def _check(mount: Mount, folder: Path) -> None:
    if mount.target == "/" or folder.is_relative_to(mount.target):
        raise BackendError(
            f"a volume cannot be mounted at {mount.target}: the files of the run lie under it",
            remedy="Choose another mount path, or set artifact_root to a folder elsewhere.",
            backend="local",
        )
