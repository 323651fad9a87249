"""Copies of an importer's data in the workspace: whole or not there, and made once."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path


def make_copy(copy: Path, bring: Callable[[Path], None]) -> None:
    """Make a copy, unless it is there; of two steps that do so at once, one is first.

    Args:
        copy: The file or folder.
        bring: Puts the data at the path that it is given.

    Raises:
        OSError: It cannot be kept there.
    """
    if copy.exists():
        return
    copy.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".new-", dir=copy.parent) as folder:
        draft = Path(folder) / "data"
        bring(draft)
        try:
            draft.replace(copy)
        except OSError:
            if not copy.exists():
                raise


def copy_path(source: Path, target: Path) -> None:
    """Copy a file, or a folder with all that is in it.

    Raises:
        OSError: It is not there, or cannot be read or written; with several files `shutil.Error`, which is one.
    """
    if source.is_dir():
        shutil.copytree(source, target, symlinks=True)
    else:
        shutil.copy2(source, target)
