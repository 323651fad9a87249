"""The runs of a remote artifact root: whoever looks for one finds it brought here."""

from __future__ import annotations

from pathlib import Path

from kfbridge.backends.driven.mirror import Mirror
from kfbridge.runs.record import RunRecord
from kfbridge.runs.store import RunStore


class MirroredStore(RunStore):
    """The runs of a mirror, brought up to date before they are looked at.

    Args:
        mirror: The mirror.
    """

    def __init__(self, mirror: Mirror) -> None:
        super().__init__(mirror.folder)
        self._mirror = mirror

    def place(self, run_id: str) -> str:
        """See `RunStore.place`."""
        return self._mirror.storage.locate(self._mirror.name(self.paths(run_id).folder))

    def runs(self) -> list[RunRecord]:
        """See `RunStore.runs`.

        Raises:
            StorageError: The root cannot be reached.
        """
        self._mirror.bring_records()
        return super().runs()

    def find(self, reference: str) -> RunRecord:
        """See `RunStore.find`.

        Raises:
            UsageError: There is no such run, or more than one; names the nearest.
            RunError: The run is there and its record is broken.
            StorageError: The root cannot be reached.
        """
        self._mirror.bring_records()
        run_id = super().find(reference).run_id
        self._mirror.bring_run(self.paths(run_id))
        return super().find(run_id)

    def bring_logs(self, run_id: str) -> None:
        """See `RunStore.bring_logs`.

        Raises:
            StorageError: The root cannot be reached.
        """
        self._mirror.bring_logs(self.paths(run_id))

    def bring_documents(self, run_id: str) -> None:
        """See `RunStore.bring_documents`.

        Raises:
            StorageError: The root cannot be reached.
        """
        self._mirror.bring_documents(self.paths(run_id))

    def local(self, uri: str) -> Path | None:
        """See `RunStore.local`.

        Raises:
            StorageError: The artifact cannot be brought, or is not whole.
        """
        return self._mirror.bring_artifact(uri)

    def cancel(self, run_id: str) -> None:
        """See `RunStore.cancel`.

        Raises:
            StorageError: The root cannot be reached.
        """
        super().cancel(run_id)
        self._mirror.ask_to_cancel(self.paths(run_id))
