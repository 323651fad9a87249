"""Which outputs are sure to be there: those that a condition may keep from being made must not be relied on."""

from __future__ import annotations

from kfbridge.graph.model import TaskOutput
from kfbridge.graph.rewrites.part import Face, Group, Part


def needs(face: Face, kind: str, name: str) -> bool:
    """Whether a component is skipped when the producer of this input was."""
    port = face.port(kind, name)
    return port is not None and not port.optional


class Sure:
    """Says which tasks and outputs are there unless something fails, and remembers it for each dag."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Group, dict[str, bool]]] = {}  # the group is held so that its id stays its own

    def task(self, group: Group, name: str) -> bool:
        """Whether no condition can keep a task of an open dag from running."""
        known = self._known.setdefault(id(group), (group, {}))[1]
        pending = [name]
        while pending:
            part = group.tasks[pending[-1]]
            missing = [source.task for source in _relied_on(part) if source.task not in known]
            if missing and part.condition is None:
                pending.extend(missing)
            else:
                known[pending.pop()] = self._runs(group, part, known)
        return known[name]

    def output(self, group: Group, kind: str, source: TaskOutput) -> bool:
        """Whether an output of a task of `group` is there once the task has ended without a failure."""
        return self.task(group, source.task) and self._makes(group.tasks[source.task], kind, source.key)

    def inside(self, part: Part, kind: str, key: str) -> bool:
        """Whether one run of what is in `part` makes the output, where the part itself runs and nothing fails."""
        if not isinstance(part.body, Group):
            return True
        inner = part.body
        return any(
            self.output(inner, kind, TaskOutput(one.task, one.key)) for one in inner.selectors(kind).get(key, ())
        )

    def _makes(self, part: Part, kind: str, key: str) -> bool:
        return part.loop is not None or self.inside(part, kind, key)  # what a loop collects is always a list

    def _runs(self, group: Group, part: Part, known: dict[str, bool]) -> bool:
        if part.condition is not None:
            return False
        return part.always or all(
            not needs(part.face, kind, name)
            or (known[source.task] and self._makes(group.tasks[source.task], kind, source.key))
            for kind, name, source in part.reads
        )


def _relied_on(part: Part) -> list[TaskOutput]:
    """The outputs without which a task is skipped."""
    return [] if part.always else [source for kind, name, source in part.reads if needs(part.face, kind, name)]
