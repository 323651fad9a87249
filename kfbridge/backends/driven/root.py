"""The artifact root of a driven backend: a folder, or a store of which this machine keeps a mirror."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, ConfigDict, Field

from kfbridge.backends.base import Checkup, Target
from kfbridge.errors import StorageError, UsageError
from kfbridge.storage import Settings, Storage, open_storage, schemes


class StorageConfig(BaseModel):
    """How the artifact root is reached; credentials come from the provider's own chain."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    endpoint_url: str | None = Field(None, description="The server of s3:// and minio://, where it is not AWS's own.")
    region: str | None = Field(None, description="The region of s3://.")
    profile: str | None = Field(None, description="The profile of the AWS files whose credentials are used.")
    account_url: str | None = Field(None, description="The account of az://: https://ACCOUNT.blob.core.windows.net.")
    project: str | None = Field(None, description="The Google Cloud project of gs://.")
    claims: dict[str, str] = Field({}, description="Folders that stand for the volume claims of pvc://, by claim.")
    parallel: int = Field(16, ge=1, description="How many requests are under way at once.")
    patience: float = Field(60.0, gt=0, description="For how many seconds a request that fails is tried again.")


def is_remote(root: str | None) -> bool:
    """Whether an artifact root is no folder of this machine."""
    return root is not None and "://" in root and not root.lower().startswith("file://")


def root_storage(target: Target) -> Storage | None:
    """The store of the target's artifact root; None where that is a folder.

    Raises:
        UsageError: Nothing opens such a URI.
        StorageError: What opens it is not installed.
    """
    root = target.config.artifact_root
    if root is None or not is_remote(root):
        return None
    return open_storage(root, storage_settings(target))


def storage_settings(target: Target) -> Settings:
    """What the target says about its storage, with the folders of claims as they are for this process."""
    storage: StorageConfig = getattr(target.config, "storage", None) or StorageConfig()
    claims = {claim: target.folder / Path(folder).expanduser() for claim, folder in storage.claims.items()}
    return Settings(**{**storage.model_dump(), "claims": claims})


def root_checkups(target: Target, opened: Callable[[Target], Storage | None] = root_storage) -> Iterator[Checkup]:
    """Whether a remote artifact root can be read and written; nothing is left behind, and a folder is not looked at.

    Args:
        target: The target.
        opened: Opens its root, where a backend does that in a way of its own.
    """
    root, name = target.config.artifact_root, f".kfbridge-doctor-{secrets.token_hex(4)}"
    try:
        storage = opened(target)
        if storage is None:
            return
        storage.write_bytes(name, b"well")
        storage.read_bytes(name)
        storage.delete(name)
        next(storage.list(deep=False), None)
    except StorageError as error:
        yield Checkup("remote artifact root", False, f"{root} cannot be used: {error.reason}", error.remedy or "")
    else:
        yield Checkup("remote artifact root", True, f"{root} can be listed, read, written and deleted from")


def root_folder(target: Target) -> Path:
    """The absolute folder of the target's artifact root, or of the mirror that this machine keeps of it.

    Raises:
        UsageError: Nothing that is installed opens the root, or it is a file URI of another host.
    """
    root = target.config.artifact_root
    if root is None:
        return (target.folder / ".kfbridge" / "runs").absolute()
    if "://" not in root:
        return (target.folder / Path(root).expanduser()).absolute()
    uri = urlsplit(root)
    if is_remote(root) and uri.scheme in schemes():
        return mirror_folder(root)
    if uri.scheme != "file" or uri.netloc not in ("", "localhost"):
        raise UsageError(
            f"The backend {target.config.backend!r} cannot keep artifacts at {root}.",
            where=f"target {target.name}, artifact_root",
            remedy="Give a folder, a file:/// URI, or the URI of a store.",
        )
    return Path(unquote(uri.path))


def mirror_folder(root: str) -> Path:
    """Where this machine keeps its copies of what lies at a remote root: the same folder for whoever uses that root."""
    own = os.environ.get("KFBRIDGE_CACHE_DIR")
    cache = Path(own) if own else Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "kfbridge"
    readable = re.sub(r"[^A-Za-z0-9]+", "-", root).strip("-")[-60:]
    digest = hashlib.sha256(root.rstrip("/").encode()).hexdigest()[:12]
    return cache.expanduser().absolute() / "roots" / f"{readable}-{digest}"


def as_uri(target: Target) -> bool:
    """Whether artifact URIs are written as ``file://``, because the root was given so."""
    return (target.config.artifact_root or "").startswith("file://")
