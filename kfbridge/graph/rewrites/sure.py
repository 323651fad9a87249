"""Which outputs are sure to be there: those that a condition may keep from being made must not be relied on."""

from __future__ import annotations

from kfbridge.graph.model import TaskOutput
from kfbridge.graph.rewrites.part import Face, Group, Part


def needs(face: Face, kind: str, name: str) -> bool:
    """Whether a component is skipped when the producer of this input was."""
    port = face.port(kind, name)
    return port is not None and not port.optional


class Sure:
    """Remembers for each dag which of its tasks end well unless something fails."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Group, frozenset[str]]] = {}  # the group is held so that its id stays its own

    def tasks(self, group: Group) -> frozenset[str]:
        """The tasks of an open dag that no condition can keep from running."""
        known = self._known.get(id(group))
        if known is None:
            found: set[str] = set()
            for name, part in group.tasks.items():
                if self._runs(group, part, found):
                    found.add(name)
            known = self._known[id(group)] = group, frozenset(found)
        return known[1]

    def output(self, group: Group, kind: str, source: TaskOutput) -> bool:
        """Whether an output of a task of `group` is there once the task has ended without a failure."""
        return source.task in self.tasks(group) and self._makes(group.tasks[source.task], kind, source.key)

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

    def _runs(self, group: Group, part: Part, sure: set[str]) -> bool:
        if part.condition is not None:
            return False
        return part.always or all(
            not needs(part.face, kind, name)
            or (source.task in sure and self._makes(group.tasks[source.task], kind, source.key))
            for kind, name, source in part.reads
        )
