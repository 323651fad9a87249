"""The executors that make and delete volume claims: containers whose image says to the platform what to do itself."""

from __future__ import annotations

from kfbridge.graph.model import Container

CREATE_VOLUME = "argostub/createpvc"
DELETE_VOLUME = "argostub/deletepvc"


def volume_stub(container: Container) -> str | None:
    """Which of the two a container is, None for a real one."""
    image = container.image.partition(":")[0]
    return image if image in (CREATE_VOLUME, DELETE_VOLUME) else None
