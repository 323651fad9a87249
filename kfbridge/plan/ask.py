"""What one task asks for, before it is known where the task stands."""

from __future__ import annotations

from typing import NamedTuple

from kfbridge.plan.settings import Setting


class Ask(NamedTuple):
    """A feature; `detail` says it more exactly, `setting` is what stands in the second document."""

    feature: str
    detail: str = ""
    setting: Setting | None = None
