"""Whether a tree's names fit into a folder of this machine, and the folder that is to take them."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterable
from pathlib import Path, PurePosixPath

from kfbridge.storage.errors import UnfitNameError


def check_fits(files: Collection[str], where: str) -> None:
    """See that no name is a file and a folder at once, which object stores allow and file systems do not.

    Raises:
        UnfitNameError: One is.
    """
    folders = {str(parent) for name in files for parent in PurePosixPath(name).parents}
    both = next((name for name in files if name in folders), None)
    if both is not None:
        raise UnfitNameError(
            f"{both!r} is a file and a folder at once, which no folder of this machine can be.",
            where=where,
            remedy="Remove one of them from the store.",
        )


def tidy(draft: Path, files: Collection[str], empty: Iterable[str]) -> None:
    """Make every folder of a tree, and take away what an earlier attempt at another tree left.

    Raises:
        UnfitNameError: The file system takes two of the names for one (it does not tell case apart, say).
        OSError: The folder cannot be written.
    """
    folders = {(draft / name).parent for name in files} | {draft / name for name in empty}
    wanted = {parent for folder in folders for parent in (folder, *folder.parents)}
    for path in sorted(draft.rglob("*"), reverse=True):  # what lies in a folder comes before it
        if path.is_symlink() or not path.is_dir():
            if path in wanted or path.relative_to(draft).as_posix() not in files:
                path.unlink()
        elif path not in wanted:
            shutil.rmtree(path)
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
    _check_case(draft, files)


def _check_case(draft: Path, files: Collection[str]) -> None:
    folded: dict[str, str] = {}
    for name in files:
        twin = folded.setdefault(name.casefold(), name)
        if twin != name and _same(draft / twin, draft / name):
            raise UnfitNameError(
                f"{twin!r} and {name!r} are one file here: this file system does not tell them apart.",
                where=str(draft.parent),
                remedy="Bring the tree to a file system that does, or rename one of them.",
            )


def _same(first: Path, second: Path) -> bool:
    first.touch()
    return second.exists() and first.samefile(second)
