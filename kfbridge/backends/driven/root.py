"""The artifact root of a driven backend, which is a folder."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from kfbridge.backends.base import Target
from kfbridge.errors import UsageError


def root_folder(target: Target) -> Path:
    """The absolute folder of the target's artifact root.

    Raises:
        UsageError: The root is a URI of another scheme, or of another host.
    """
    root = target.config.artifact_root
    if root is None:
        return (target.folder / ".kfbridge" / "runs").absolute()
    if "://" not in root:
        return (target.folder / Path(root).expanduser()).absolute()
    uri = urlsplit(root)
    if uri.scheme != "file" or uri.netloc not in ("", "localhost"):
        raise UsageError(
            f"The backend {target.config.backend!r} cannot keep artifacts at {root}.",
            where=f"target {target.name}, artifact_root",
            remedy="Give a folder or a file:/// URI.",
        )
    return Path(unquote(uri.path))


def as_uri(target: Target) -> bool:
    """Whether artifact URIs are written as ``file://``, because the root was given so."""
    return (target.config.artifact_root or "").startswith("file://")
