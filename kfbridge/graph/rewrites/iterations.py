"""Loops of which some iterations are done: the others become tasks of their own."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any, Final

from kfbridge.graph.rewrites.draft import Json, Kind, feed, from_task, iterator, selectors, wait_for, waits_for
from kfbridge.graph.rewrites.fate import Given
from kfbridge.graph.rewrites.made import (
    add_artifact_collector,
    add_collector,
    add_gate,
    add_importer,
    constant,
    is_artifact,
    is_plain,
)

if TYPE_CHECKING:
    from kfbridge.graph.rewrites.scope import Scope

_LOOPING: Final = ("parameterIterator", "artifactIterator", "iteratorPolicy", "taskInfo")


class Iterations:
    """The loops of one dag that are unrolled.

    Attributes:
        unrolled: By loop the tasks of the iterations that remain.
        lists: By loop and iteration whether it is done, and its outputs, or the task that it has become.
    """

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.unrolled: dict[str, list[str]] = {}
        self.lists: dict[str, list[tuple[bool, Any]]] = {}
        self._collectors: dict[tuple[str, str], tuple[str, str]] = {}

    def unroll(self, name: str) -> None:
        """Make the iterations of a loop that remain tasks of their own, if what it runs over is known."""
        task, key = self.scope.tasks[name], f"{self.scope.prefix}{name}"
        items = self.items_of(name)
        if items is None:
            self.scope.past.leave(key, "what the loop runs over is not known, and some of its iterations are done")
        elif "artifactIterator" in task and not all(map(is_artifact, items)):
            self.scope.past.leave(key, "an artifact that the loop runs over cannot be brought in by an importer")
        elif not all(self.lasts(name, len(items), output) for output in self.scope.consumed(name, "artifacts")):
            self.scope.past.leave(key, "the artifacts that it collects cannot be put together without the loop")
        elif not is_plain(items):
            self.scope.past.leave(key, "an item of the loop reads like a placeholder")
        elif not is_plain([self.made(name, number) for number in range(len(items))]):
            self.scope.past.leave(key, "what a finished iteration made reads like a placeholder")
        else:
            self.unrolled[name] = []
            self.lists[name] = [self.iterate(name, number, item) for number, item in enumerate(items)]
            self.limit(name, (task.get("iteratorPolicy") or {}).get("parallelismLimit") or 0)

    def limit(self, name: str, most: int) -> None:
        """Keep a loop's limit: each iteration waits for the one that many before it, however that ended."""
        singles = self.unrolled[name]
        for before, after in zip(singles, singles[most:], strict=False) if most else ():
            gate = add_gate(self.scope.draft, self.scope.component, f"{before}-gate", before)
            task = self.scope.tasks[after]
            wait_for(task, [*waits_for(task), gate])

    def lasts(self, name: str, count: int, key: str) -> bool:
        """Whether artifacts of iterations can be put into one list: none are strange, and one at least there is."""
        ended = (self.scope.past.finished.get(f"{self.scope.prefix}{name}[{number}]", {}) for number in range(count))
        found = [one for made in ended for one in _listed(made.get(key, []))]
        return bool(found) and all(map(is_artifact, found))

    def made(self, name: str, number: int) -> dict[str, Any]:
        """What is taken of what a finished iteration made."""
        found = self.scope.past.finished.get(f"{self.scope.prefix}{name}[{number}]", {})
        return {key: value for key, value in found.items() if key in self.scope.consumed(name, "parameters")}

    def items_of(self, name: str) -> list[Any] | None:
        """What a loop runs over, if that is known."""
        task = self.scope.tasks[name]
        items = self.scope.past.items.get(f"{self.scope.prefix}{name}")
        raw = (task.get("parameterIterator") or {}).get("items", {}).get("raw")
        if items is None and raw is not None and is_plain(raw):
            items = json.loads(raw)
        return items

    def iterate(self, name: str, number: int, item: Any) -> tuple[bool, Any]:
        """One iteration: its outputs if it is done, else the task that it becomes."""
        key = f"{self.scope.prefix}{name}[{number}]"
        if key in self.scope.past.skipped:
            return True, {}
        if key in self.scope.past.finished:
            return True, self.scope.past.finished[key]
        loop = self.scope.tasks[name]
        task = {part: copy.deepcopy(value) for part, value in loop.items() if part not in _LOOPING}
        used = self.scope.draft.used_by(task)
        known: dict[str, Given] = {}
        if self.scope.draft.is_dag(used):
            used = self.scope.draft.copy(used)
            scope = self.scope.within(used, f"{key}/")
            known = scope.settle()
            if not scope.remains:
                return True, {output: found.value for output, found in known.items()}
            task["componentRef"] = {"name": used}
        self.feed_item(loop, task, used, f"{name}-{number}", item)
        single = self.scope.draft.add_task(self.scope.component, f"{name}-{number}", task, (name, number))
        self.scope.inside[single] = known
        self.unrolled[name].append(single)
        return False, single

    def feed_item(self, loop: Json, task: Json, component: str, name: str, item: Any) -> None:
        """Give the task of one iteration its item."""
        given = (iterator(loop) or {})["itemInput"]
        if "parameterIterator" in loop:
            feed(task, "parameters", given, constant(item))
            return
        declared = self.scope.draft.ports(component, "input", "artifacts")[given].get("artifactType") or {}
        port = {"artifactType": {**declared, "schemaTitle": item.get("type") or declared.get("schemaTitle")}}
        made = add_importer(self.scope.draft, self.scope.component, f"{name}-item", item, port)
        feed(task, "artifacts", given, from_task(*made, "artifacts"))

    def collector(self, name: str, key: str, kind: Kind) -> tuple[str, str]:
        """The step that makes the list which an unrolled loop leaves under a key."""
        if (name, key) not in self._collectors:
            collect = self.values if kind == "parameters" else self.artifacts
            self._collectors[name, key] = collect(name, key, f"{name}-{key.removeprefix('pipelinechannel--')}")
        return self._collectors[name, key]

    def values(self, name: str, key: str, wanted: str) -> tuple[str, str]:
        """The step that makes a list of values."""
        parts: list[tuple[bool, Any]] = []
        for done, found in self.lists[name]:
            if done:
                parts += [(True, found[key])] if key in found else []
            elif key in self.scope.inside[found]:
                parts.append((True, self.scope.inside[found][key].value))
            elif self.gives(found, key, "parameters"):
                used = self.scope.draft.used_by(self.scope.tasks[found])
                parts.append((False, (found, key, self.kind(used, key))))
        known, values = [one for one, _ in parts], [part for _, part in parts]
        return add_collector(self.scope.draft, self.scope.component, wanted, values, known)

    def artifacts(self, name: str, key: str, wanted: str) -> tuple[str, str]:
        """The step that makes a list of artifacts."""
        port = self.scope.ports[name][key]
        parts: list[tuple[str, str]] = []
        for number, (done, found) in enumerate(self.lists[name]):
            if done:
                for one in _listed(found.get(key, [])):
                    parts.append(add_importer(self.scope.draft, self.scope.component, f"{wanted}-{number}", one, port))
            elif self.gives(found, key, "artifacts"):
                parts.append((found, key))
        return add_artifact_collector(self.scope.draft, self.scope.component, wanted, parts, port)

    def gives(self, name: str, key: str, kind: Kind) -> bool:
        """Whether a task may still give an output."""
        used = self.scope.draft.used_by(self.scope.tasks[name])
        return key in self.scope.draft.ports(used, "output", kind)

    def kind(self, component: str, key: str) -> str:
        """The type that an output really has: of what comes out of a loop's body the file says LIST, whatever it is."""
        dag = self.scope.draft.components[component].get("dag")
        for task, inner in selectors(dag.get("outputs") or {}, "parameters").get(key, ()) if dag else ():
            found = self.scope.draft.tasks(component)[task]
            return "LIST" if iterator(found) is not None else self.kind(self.scope.draft.used_by(found), inner)
        return str(self.scope.draft.ports(component, "output", "parameters")[key].get("parameterType", "STRING"))


def _listed(value: Any) -> list[Any]:
    """Artifacts as a list, also a single one."""
    return list(value) if isinstance(value, list) else [value]
