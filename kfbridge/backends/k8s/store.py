"""The runs of a target, as the artifact root and the cluster tell of them."""

from __future__ import annotations

from collections.abc import Callable

from kfbridge.backends.driven.mirror import Mirror
from kfbridge.backends.driven.mirrored_store import MirroredStore
from kfbridge.runs.paths import RunPaths
from kfbridge.runs.record import RunRecord


class ClusterStore(MirroredStore):
    """Runs whose drivers may be Jobs, which are asked for where no sign of life is at the root.

    Args:
        mirror: The mirror.
        is_driving: Whether a Job drives the run of that id.
    """

    def __init__(self, mirror: Mirror, is_driving: Callable[[str], bool]) -> None:
        super().__init__(mirror)
        self._is_driving = is_driving

    def is_driven(self, record: RunRecord, paths: RunPaths) -> bool:
        """See `RunStore.is_driven`."""
        if super().is_driven(record, paths) or self._is_driving(record.run_id):
            return True
        # The cluster knows at once that a driver has ended; what is here of the run may be from a moment before.
        self._mirror.bring_records(anew=True)
        return False
