"""Folders as trees of files: what is in one, and the manifest that makes a stored one whole."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from kfbridge.errors import StorageError
from kfbridge.storage import names
from kfbridge.storage.digests import Checksum
from kfbridge.storage.errors import DamagedError

MANIFEST: Final = ".kfbridge-tree.json"
"""Ends the key of a tree's manifest, which lies beside the tree and is written last."""
_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Leaf:
    """A file of a folder on this machine."""

    path: Path
    size: int
    executable: bool


@dataclass(frozen=True, slots=True)
class Kept:
    """A file as a manifest tells it: size in bytes, checksum, whether it may be executed."""

    size: int
    checksum: Checksum | None
    executable: bool = False


@dataclass(frozen=True, slots=True)
class Folder:
    """What is in a folder of this machine: files by relative name, and the folders that are empty."""

    files: Mapping[str, Leaf]
    empty: tuple[str, ...]

    @property
    def size(self) -> int:
        """Bytes in all files."""
        return sum(leaf.size for leaf in self.files.values())


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a whole tree consists of."""

    files: Mapping[str, Kept] = field(default_factory=dict)
    empty: tuple[str, ...] = ()

    def to_bytes(self) -> bytes:
        """As JSON."""
        files: dict[str, Any] = {
            name: {
                "size": kept.size,
                **({kept.checksum.kind: kept.checksum.value} if kept.checksum else {}),
                **({"executable": True} if kept.executable else {}),
            }
            for name, kept in sorted(self.files.items())
        }
        document = {"kfbridge_tree": _VERSION, "files": files, "empty_folders": sorted(self.empty)}
        return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()

    @classmethod
    def from_bytes(cls, data: bytes, where: str) -> Manifest:
        """Read what `to_bytes` wrote.

        Raises:
            DamagedError: It is something else, or of a later version.
        """
        try:
            document = json.loads(data)
            if document["kfbridge_tree"] != _VERSION:
                raise ValueError(f"version {document['kfbridge_tree']}")
            files = {
                names.check(name, where): Kept(
                    int(one["size"]), Checksum("md5", str(one["md5"])), bool(one.get("executable"))
                )
                for name, one in document["files"].items()
            }
            return cls(files, tuple(names.check(name, where) for name in document["empty_folders"]))
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise DamagedError(
                f"The manifest of the tree cannot be read: {error}.",
                where=where,
                remedy="Store the tree again, with this version of kfbridge.",
            ) from error


def scan(folder: Path) -> Folder:
    """What is in a folder. Links are followed.

    Raises:
        StorageError: It is no folder; a link leads nowhere or back above itself; something is neither file nor folder.
    """
    files: dict[str, Leaf] = {}
    empty: list[str] = []
    if not folder.is_dir():
        raise StorageError(f"{folder} is not a folder.", where=str(folder), remedy="Give the path of a folder.")
    try:
        for name, entry in _walk(folder, "", (folder.stat(),)):
            if entry is None:
                empty.append(name)
            else:
                files[name] = entry
    except OSError as error:
        raise StorageError(
            f"{error.filename or folder} cannot be read: {error.strerror}.",
            where=str(folder),
            remedy="Give permission to read it, or repair the link.",
        ) from error
    return Folder(files, tuple(name for name in empty if name))


def _walk(folder: Path, prefix: str, above: tuple[os.stat_result, ...]) -> Iterator[tuple[str, Leaf | None]]:
    """Files with their leaves, and empty folders with None."""
    with os.scandir(folder) as found:
        entries = sorted(found, key=lambda entry: entry.name)
    if not entries:
        yield prefix, None
    for entry in entries:
        path = Path(entry.path)
        name = names.check(names.join(prefix, entry.name), str(path))
        state = entry.stat()
        if entry.is_dir():
            if entry.is_symlink() and any(os.path.samestat(state, one) for one in above):
                raise StorageError(
                    f"The link {path} leads back to a folder that it lies in.",
                    where=str(path),
                    remedy="Remove the link.",
                )
            yield from _walk(path, name, (*above, state))
        elif entry.is_file():
            yield name, Leaf(path, state.st_size, bool(state.st_mode & 0o100))
        else:
            raise StorageError(
                f"{path} is neither a file nor a folder.", where=str(path), remedy="Remove it from the folder."
            )
