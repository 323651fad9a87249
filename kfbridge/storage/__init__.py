"""Artifact roots: one small interface over folders, S3, Google Cloud Storage, Azure and volume claims.

::

    from kfbridge.storage import Settings, open_storage

    storage = open_storage("s3://bucket/runs", Settings(endpoint_url="http://127.0.0.1:9000"))
    storage.write_bytes("a/run.json", b"{}")              # small files: whole or as before, in one step
    storage.write_new("a/lock", b"me")                    # True for the first one only
    storage.put_tree(Path("model"), "a/model")            # parallel; a broken one goes on where it was
    storage.get_tree("a/model", Path("here"))             # takes its name once all of it is here and right
    [entry.name for entry in storage.list("a")]           # files below a folder, names from the root on
    [entry.name for entry in storage.list("", deep=False)]    # a folder's own files and folders
    storage.exists("a/model"), storage.locate("a/model")  # True, "s3://bucket/runs/a/model"
    open_storage("s3://bucket/runs/a/model").get("", Path("there"))    # "" is the root itself

Names are relative to the root and have ``/`` between folders; any text of UTF-8 but an empty part, ``.`` or ``..`` is
a name. URIs hold names as they are (``s3://``, ``gs://``, ``az://``) or with ``%XX`` (``file://``).

A tree is a folder whose files are objects. It is whole when its manifest is there (``NAME.kfbridge-tree.json``,
written last); before that `exists` says no and `get_tree` refuses. Every file is compared with its checksum.
All faults are `kfbridge.errors.StorageError`s; what fails for a passing reason is tried again first.

A plugin adds a scheme with the hook ``kfbridge_register_storage(register)``, by ``register(scheme, opener)``.
"""

from __future__ import annotations

from kfbridge.storage.base import Entry, Progress, Settings, Storage, Transfer
from kfbridge.storage.registry import Opener, open_storage, register, schemes

__all__ = [
    "Entry",
    "Opener",
    "Progress",
    "Settings",
    "Storage",
    "Transfer",
    "open_storage",
    "register",
    "schemes",
]
