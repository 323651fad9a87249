"""Volume claims, secrets and config maps, which on this machine are folders with their names."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kfbridge.engine.runner import TaskInvocation
from kfbridge.errors import BackendError
from kfbridge.graph.volumes import CREATE_VOLUME
from kfbridge.runs.paths import escape

SECRET = "secret"
CONFIG_MAP = "config map"
VOLUME = "volume claim"
_WRITABLE = "Give permission there, or set another folder in kfbridge.toml."


def create_volume(volumes: Path, invocation: TaskInvocation) -> str:
    """Do what a ``CreatePVC`` task says; the claim's name.

    A name made from a suffix tells the run and the task, so that another attempt finds its own folder again.

    Raises:
        BackendError: It has no name, there is one of that name, or the folder cannot be made.
    """
    given = str(invocation.parameters.get("pvc_name") or "")
    suffix = str(invocation.parameters.get("pvc_name_suffix") or "")
    if not given and not suffix:
        raise _failure("a volume claim needs a name", "Give kubernetes.CreatePVC a pvc_name or a pvc_name_suffix.")
    digest = hashlib.sha256(invocation.key.encode("utf-8", "surrogatepass")).hexdigest()[:6]
    name = given or f"{invocation.run_id}-{digest}{suffix}"
    folder = volumes / escape(name)
    try:
        folder.mkdir(parents=True, exist_ok=not given)
    except FileExistsError:
        raise _failure(
            f"there is a volume claim {name!r} already: {folder}",
            "Remove that folder, or use the claim without kubernetes.CreatePVC.",
        ) from None
    except OSError as error:
        raise _failure(f"the volume claim {name!r} cannot be made: {folder}: {error.strerror}", _WRITABLE) from error
    return name


def delete_volume(volumes: Path, name: str) -> None:
    """Do what a ``DeletePVC`` task says; of a link, the link alone goes.

    Raises:
        BackendError: There is none, or it cannot be removed.
    """
    folder = volumes / escape(name)
    try:
        if folder.is_symlink():
            folder.unlink()
        else:
            shutil.rmtree(folder)
    except FileNotFoundError:
        raise _failure(f"there is no volume claim {name!r} to delete: {folder} does not exist", "") from None
    except OSError as error:
        raise _failure(f"the volume claim {name!r} cannot be deleted: {folder}: {error.strerror}", _WRITABLE) from error


def tend_volume(stub: str, volumes: Path, invocation: TaskInvocation) -> Mapping[str, Any]:
    """Carry out a stub executor; its output parameters.

    Raises:
        BackendError: It cannot be carried out.
    """
    if stub == CREATE_VOLUME:
        return {"name": create_volume(volumes, invocation)}
    delete_volume(volumes, str(invocation.parameters.get("pvc_name") or ""))
    return {}


def find_folder(kind: str, places: Path, name: str) -> Path:
    """The folder that stands in for the secret, config map or volume claim (the `kind`) of that name.

    Raises:
        BackendError: There is none; the remedy is the command that makes it.
    """
    folder = places / escape(name)
    if not folder.is_dir():
        raise _failure(
            f"it needs the {kind} {name!r}, which is not on this machine", f"Make it with: {_how(kind, folder)}"
        )
    return folder


def read_key(kind: str, places: Path, name: str, key: str) -> str:
    """The value of one key of a secret or config map; one line end at the end of the file is not part of it.

    Raises:
        BackendError: There is no such secret, config map or key, or it is no text.
    """
    folder = find_folder(kind, places, name)
    file = folder / key
    try:
        if file.parent != folder:
            raise FileNotFoundError(key)
        text = file.read_text(encoding="utf-8")
    except (FileNotFoundError, IsADirectoryError):
        how = f"Make it with: printf '%s' VALUE > {file}"
        raise _failure(f"the {kind} {name!r} has no key {key!r} on this machine", how) from None
    except UnicodeDecodeError:
        reason = f"the key {key!r} of the {kind} {name!r} is no text, and cannot be a variable"
        raise _failure(reason, "Mount it as a volume instead.") from None
    except OSError as error:
        raise _failure(f"the key {key!r} of the {kind} {name!r} cannot be read: {error.strerror}", _WRITABLE) from error
    return text.removesuffix("\n").removesuffix("\r")


def _how(kind: str, folder: Path) -> str:
    make = f"mkdir -p {folder}"
    return make if kind == VOLUME else f"{make}; printf '%s' VALUE > {folder}/KEY"


def _failure(reason: str, remedy: str) -> BackendError:
    return BackendError(reason, remedy=remedy or None, backend="local")
