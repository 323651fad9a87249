"""Whether a target is ready for runs on Vertex AI, as far as that can be seen without a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from kfbridge.backends.base import Checkup
from kfbridge.backends.vertex.client import VertexClient
from kfbridge.backends.vertex.config import Config
from kfbridge.errors import KfbridgeError

_LIVE: Final = "Run the smallest pipeline: kfbridge doctor --live"


def checkups(config: Config, client: VertexClient, root: Callable[[], Iterator[Checkup]]) -> Iterator[Checkup]:
    """Credentials and the API, the bucket as `root` finds it, and what only a run can show."""
    asked = _asked("Vertex AI", client, lambda: f"{len(client.jobs())} runs are there")
    yield asked
    if asked.ok:
        yield _asked("schedules", client, lambda: f"{len(client.schedules())} are there")
    try:
        yield from root()
    except KfbridgeError as error:
        yield Checkup("remote artifact root", False, error.reason, error.remedy or "")
    account = config.service_account or "the project's Compute Engine default account"
    yield Checkup("account of the steps", None, f"whether {account} may do what steps do, a run will show.", _LIVE)


def _asked(subject: str, client: VertexClient, ask: Callable[[], str]) -> Checkup:
    try:
        return Checkup(subject, True, f"{client.parent} answers: {ask()}")
    except KfbridgeError as error:
        return Checkup(subject, False, error.reason, error.remedy or "")
