"""Which outputs exist for certain wherever their task succeeded: no condition decides about them."""

from __future__ import annotations

from kfbridge.graph.rewrites.draft import (
    Draft,
    Json,
    Kind,
    fed,
    is_optional,
    is_tolerant,
    iterator,
    producer,
    selectors,
)
from kfbridge.graph.rewrites.exclusion import conditions_exhaust


class Certainty:
    """Answers for the pipeline as it was when this was made.

    Args:
        draft: The pipeline; it must not be changed.
    """

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._known: dict[tuple[str, Kind, str], bool] = {}

    def of(self, component: str, kind: Kind, output: str) -> bool:
        """Whether a component that succeeded has left this output for certain."""
        place = (component, kind, output)
        if place not in self._known:
            self._known[place] = self._find(*place)
        return self._known[place]

    def _find(self, component: str, kind: Kind, output: str) -> bool:
        if not self._draft.is_dag(component):
            return True
        dag = self._draft.components[component]["dag"]
        chosen = selectors(dag.get("outputs") or {}, kind).get(output, [])
        tasks = [self._draft.tasks(component)[name] for name, _ in chosen]
        if len(chosen) > 1 and not conditions_exhaust(self._draft, tasks):
            return any(
                self._leaves(component, task, kind, key, condition_holds=False)
                for task, (_, key) in zip(tasks, chosen, strict=True)
            )
        return bool(chosen) and all(
            self._leaves(component, task, kind, key, condition_holds=len(chosen) > 1)
            for task, (_, key) in zip(tasks, chosen, strict=True)
        )

    def _leaves(self, component: str, task: Json, kind: Kind, key: str, *, condition_holds: bool) -> bool:
        """Whether a task leaves an output for certain, if nothing before it fails."""
        if (task.get("triggerPolicy") or {}).get("condition") and not condition_holds:
            return False
        if not (is_tolerant(task) or self._starts(component, task)):
            return False
        return iterator(task) is not None or self.of(self._draft.used_by(task), kind, key)

    def _starts(self, component: str, task: Json) -> bool:
        """Whether all that a task cannot do without is there for certain."""
        tasks = self._draft.tasks(component)
        used = self._draft.used_by(task)
        kinds: tuple[Kind, Kind] = ("parameters", "artifacts")
        return all(
            self._leaves(component, tasks[source[0]], kind, source[1], condition_holds=False)
            for kind in kinds
            for given, binding in fed(task, kind).items()
            if (source := producer(binding, kind)) is not None
            and not is_optional(self._draft.ports(used, "input", kind).get(given))
        )
