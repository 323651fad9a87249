"""A plan as files in a folder: written whole, and read again to be compared with."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kfbridge.errors import UsageError
from kfbridge.plan.document import PLAN_FILE, plan_files
from kfbridge.plan.model import Plan


@dataclass(frozen=True, slots=True)
class StoredPlan:
    """A plan as it was written earlier, or as it would be written: the content of `PLAN_FILE`, and the documents."""

    document: Mapping[str, Any]
    documents: Mapping[str, bytes]


def stored(plan: Plan) -> StoredPlan:
    """What `write_plan` would write."""
    files = plan_files(plan)
    return StoredPlan(json.loads(files.pop(PLAN_FILE)), files)


def write_plan(plan: Plan, folder: Path) -> tuple[str, ...]:
    """Write a plan's files; an earlier plan in the folder is replaced as a whole, anything else there is respected.

    The new files stand beside the folder until all of them are written, so that a reader, or a full disk, never leaves
    half a plan.

    Returns:
        The paths that were written, inside of the folder.

    Raises:
        UsageError: The folder holds something that is not a plan, or cannot be written.
    """
    if folder.is_dir() and any(folder.iterdir()):
        _check_ours(folder)
    elif folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is not a folder.", remedy="Give another one to -o.")
    files = plan_files(plan)
    draft = folder.with_name(f".{folder.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        for path, content in files.items():
            file = draft / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        _replace(folder, draft)
    except OSError as error:
        raise UsageError(
            f"The plan cannot be written to {folder}: {error.strerror or error}.",
            remedy="Free space or give write permission there, or give another folder to -o.",
        ) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return tuple(files)


def read_plan(folder: Path) -> StoredPlan:
    """The plan that `write_plan` wrote.

    Raises:
        UsageError: There is none, or a part of it is missing or broken.
    """
    try:
        document = json.loads((folder / PLAN_FILE).read_text(encoding="utf-8"))
        return StoredPlan(document, {path: (folder / path).read_bytes() for path in document["documents"]})
    except (OSError, ValueError, TypeError, KeyError) as error:
        reason = f"{type(error).__name__}: {error}"
        if isinstance(error, FileNotFoundError):
            reason = f"{Path(error.filename).name} is missing"
        raise UsageError(
            f"{folder} holds no plan that can be read: {reason}.", remedy="Write one with: kfbridge plan -o DIR"
        ) from error


def _check_ours(folder: Path) -> None:
    """Every file in it must belong to the plan that is there, so that replacing it loses nothing of the user's."""
    if not (folder / PLAN_FILE).is_file():
        raise UsageError(f"{folder} holds files that are not a plan.", remedy="Give a new folder to -o.")
    known = {PLAN_FILE, *read_plan(folder).documents}
    found = (path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if not path.is_dir())
    foreign = next((path for path in found if path not in known), None)
    if foreign is not None:
        raise UsageError(
            f"{folder} holds {foreign}, which is no part of the plan there.",
            remedy="Move it away, or give a new folder to -o.",
        )


def _replace(folder: Path, draft: Path) -> None:
    earlier = folder.with_name(f"{draft.name}.earlier")
    if folder.exists():
        folder.rename(earlier)
    try:
        draft.rename(folder)
    except OSError:
        if earlier.exists():
            earlier.rename(folder)
        raise
    shutil.rmtree(earlier, ignore_errors=True)
