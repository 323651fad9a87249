"""``pvc://CLAIM/FOLDER``: a volume claim of Kubernetes, where something has mounted it or stands for it."""

from __future__ import annotations

from pathlib import Path

from kfbridge.storage.address import Address, parse
from kfbridge.storage.base import Settings
from kfbridge.storage.errors import BucketMissingError
from kfbridge.storage.file import FileStorage


class ClaimStorage(FileStorage):
    """A folder of a mounted claim; its URIs are the claim's.

    Args:
        folder: Where the address is on this machine.
        address: The claim, and the folder in it.
    """

    def __init__(self, folder: Path, address: Address) -> None:
        super().__init__(folder)
        self._address = address

    def locate(self, name: str = "") -> str:
        """See `Storage.locate`."""
        return "/".join(part for part in (self._address.uri(), name) if part)


def open_pvc(uri: str, settings: Settings) -> ClaimStorage:
    """The storage of a ``pvc://`` URI.

    Raises:
        BucketMissingError: The settings name no folder for the claim, or one that is not there.
    """
    address = parse(uri)
    folder = settings.claims.get(address.bucket)
    if folder is None:
        raise BucketMissingError(
            f"The volume claim {address.bucket!r} is not mounted on this machine.",
            where=uri,
            remedy="Run in the cluster, or name the folder that stands for it in the target's storage settings: "
            f'claims = {{ {address.bucket} = "/mnt" }}.',
        )
    mounted = Path(folder).expanduser()
    if not mounted.is_dir():
        raise BucketMissingError(
            f"The folder {mounted}, which stands for the volume claim {address.bucket!r}, is not there.",
            where=uri,
            remedy="Make or mount it, or correct claims in the target's storage settings.",
        )
    return ClaimStorage(mounted.absolute() / address.key, address)
