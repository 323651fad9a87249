"""Files and folders that take their name once they are whole."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from kfbridge.errors import StorageError

try:
    import fcntl
except ImportError:  # Windows: two processes that bring the same tree at once may disturb each other there
    fcntl = None  # type: ignore[assignment]

DRAFT: Final = ".kfbridge-draft"
"""Ends the names of what is not whole yet; such names are in no listing."""


def draft_of(target: Path) -> Path:
    """A new name beside `target`."""
    return target.with_name(f".{target.name[:50]}.{secrets.token_hex(4)}{DRAFT}")


@contextmanager
def drafted(target: Path) -> Iterator[Path]:
    """A path beside `target` to write a file at; it takes the target's name at the end, or goes away after a fault.

    Raises:
        StorageError: The folder cannot be written.
    """
    draft = draft_of(target)
    try:
        with writing(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            yield draft
            draft.replace(target)
    except BaseException:
        with suppress(OSError):
            draft.unlink()
        raise


@contextmanager
def drafted_folder(target: Path) -> Iterator[Path]:
    """A folder beside `target` to fill; it takes the target's name at the end.

    What a broken attempt left is found in it again. Who comes while another fills it, waits for that one.

    Raises:
        StorageError: The folder cannot be written.
    """
    draft = target.with_name(f".{target.name[:80]}{DRAFT}")
    with writing(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        lock = _locked_folder(draft)
        try:
            yield draft
            _take_place(draft, target)
        finally:
            os.close(lock)


def _locked_folder(folder: Path) -> int:
    """Make the folder, and hold it; one that was renamed while it was waited for is made anew."""
    while True:
        folder.mkdir(exist_ok=True)
        file = os.open(folder, os.O_RDONLY)
        if fcntl is None:
            return file
        fcntl.flock(file, fcntl.LOCK_EX)
        with suppress(OSError):
            if os.path.samestat(os.fstat(file), folder.stat()):
                return file
        os.close(file)


def _take_place(draft: Path, target: Path) -> None:
    """Give `target` to the draft. What was there goes aside first: a folder cannot be replaced in one step."""
    if target.is_symlink() or target.is_file():
        target.unlink()
    old = draft_of(target)
    with suppress(FileNotFoundError):
        target.rename(old)
    draft.rename(target)
    shutil.rmtree(old, ignore_errors=True)


@contextmanager
def writing(place: Path) -> Iterator[None]:
    """Tell of a file system that cannot be written, or read, in the words of storage.

    Raises:
        StorageError: For an `OSError`.
    """
    try:
        yield
    except OSError as error:
        raise StorageError(
            f"{error.filename or place}: {error.strerror or error}.",
            where=str(place),
            remedy="Free space there, or give permission.",
        ) from error
