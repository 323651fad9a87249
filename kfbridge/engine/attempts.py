"""The attempts of leaves that were asked for and have not ended."""

from __future__ import annotations

from collections.abc import Iterator

from kfbridge.engine.actions import Adopt, Start
from kfbridge.engine.events import TaskSkipped, TaskStarted, TaskSucceeded
from kfbridge.engine.instance import Instance, State
from kfbridge.engine.invocation import Invocations
from kfbridge.engine.ledger import Ledger


class Attempts:
    """Launches leaves, and finds them again by the keys of events.

    Args:
        ledger: What earlier lives of the run recorded.
        invocations: Makes what runners get.
    """

    def __init__(self, ledger: Ledger, invocations: Invocations) -> None:
        self._ledger = ledger
        self._invocations = invocations
        self._live: dict[str, Instance] = {}

    def launch(self, instance: Instance) -> Start | Adopt | TaskSucceeded | TaskSkipped:
        """What the next attempt of a leaf takes: a start, taking up one that is under way, or nothing any more.

        Raises:
            KfbridgeError: There can be no attempt, for the reason that it says.
        """
        entry = self._ledger.entry(instance.key)
        if entry.success is not None:
            instance.attempt = entry.attempt
            instance.started = entry.began
            return entry.success
        before = entry.under_way
        instance.attempt = entry.attempt + 1 if before is None else before.attempt
        invocation = self._invocations.of(instance)
        self._live[instance.key] = instance
        if before is None:
            return Start(invocation)
        self._mark(instance, before)
        return Adopt(invocation, before.native_id)

    def under_way(self) -> Iterator[Start | Adopt]:
        """What has been asked for and has not ended, as another driver has to ask for it: a start, or taking it up."""
        for instance in self._live.values():
            invocation = self._invocations.of(instance)
            before = self._ledger.entry(instance.key).under_way
            yield Start(invocation) if before is None else Adopt(invocation, before.native_id)

    def begin(self, event: TaskStarted) -> bool:
        """Note that an attempt began; False if it is none that was asked for."""
        instance = self.current(event.key, event.attempt)
        if instance is None:
            return False
        self._ledger.started(event)
        self._mark(instance, event)
        return True

    def current(self, key: str, attempt: int) -> Instance | None:
        """The launched leaf of `key`, if `attempt` is its present one."""
        instance = self._live.get(key)
        return instance if instance is not None and instance.attempt == attempt else None

    def live(self) -> list[Instance]:
        """All launched leaves, in the order of their launches."""
        return list(self._live.values())

    def retire(self, instance: Instance) -> None:
        """The leaf has no present attempt any more."""
        self._live.pop(instance.key, None)

    def _mark(self, instance: Instance, event: TaskStarted) -> None:
        instance.state = State.RUNNING
        instance.reason = ""
        instance.started = event.time
        instance.native_id = event.native_id or instance.native_id
