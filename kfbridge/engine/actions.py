"""What the scheduler asks the driver to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from kfbridge.engine.runner import TaskInvocation


@dataclass(frozen=True, slots=True)
class Start:
    """Begin this attempt as soon as there is room for it; earlier ones first."""

    invocation: TaskInvocation


@dataclass(frozen=True, slots=True)
class Adopt:
    """This attempt began under an earlier driver, as `native_id`: take it up, or report it lost."""

    invocation: TaskInvocation
    native_id: str


@dataclass(frozen=True, slots=True)
class Cancel:
    """Forget the attempt of `key` if it has not begun, end it if it runs."""

    key: str


@dataclass(frozen=True, slots=True)
class Wake:
    """Come back with a `TimePassed` at `at`, in seconds since the epoch."""

    at: float


@dataclass(frozen=True, slots=True)
class End:
    """The run is over, in this state: ``succeeded``, ``failed`` or ``cancelled``."""

    state: str


Action: TypeAlias = Start | Adopt | Cancel | Wake | End
