"""What is left of a pipeline when some of its tasks are done: they vanish, and what they made stands in their place.

Parameters become constants, artifacts become importers with their URI and metadata. Where only a task can give a
value (an output of a dag), a step of one line gives it. The rest runs on any backend, with the same arguments.

A loop of which some iterations ran is unrolled: the finished ones vanish, the others become tasks of their own. A
group that is tried again (a retry of a nested pipeline) tries again what is left of it.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, Protocol, TypeAlias

from kfbridge.findings import Finding, Level
from kfbridge.graph.rewrites.draft import (
    ROOT,
    Draft,
    Json,
    Kind,
    fed,
    feed,
    forgo,
    from_task,
    is_optional,
    is_tolerant,
    iterator,
    producer,
    selected,
    selectors,
    wait_for,
    waits_for,
)
from kfbridge.graph.rewrites.hidden import settings_producers, settle_settings, show_channels
from kfbridge.graph.rewrites.made import (
    add_carrier,
    add_collector,
    add_importer,
    add_importers,
    constant,
    is_artifact,
    is_artifact_list,
    is_plain,
)
from kfbridge.graph.rewrites.rewrite import Rewritten
from kfbridge.spec.order import in_order
from kfbridge.spec.read import Document

FEATURE: Final = "resume"
_KINDS: Final[tuple[Kind, Kind]] = ("parameters", "artifacts")


class TaskState(Protocol):
    """A task of a run record: its path with iterations, its state, and what it left."""

    @property
    def path(self) -> str:
        """``for-loop-1[0]/train``."""

    @property
    def state(self) -> str:
        """``succeeded`` and others."""

    @property
    def outputs(self) -> Mapping[str, Any]:
        """Parameters as values, artifacts as objects."""


def finished_tasks(tasks: Iterable[TaskState]) -> dict[str, Mapping[str, Any]]:
    """The tasks of a run record that succeeded, as `resume` takes them."""
    return {task.path: task.outputs for task in tasks if task.state == "succeeded"}


def resume(
    document: Document,
    finished: Mapping[str, Mapping[str, Any]],
    *,
    skipped: Collection[str] = (),
    items: Mapping[str, list[Any]] | None = None,
) -> Rewritten:
    """The pipeline that remains.

    `kfbridge.engine.remainder.remainder` finds out `skipped` and `items` from the finished tasks alone.

    Args:
        document: The pipeline that ran, valid.
        finished: By path with iterations (``for-loop-1[0]/train``) the outputs of what succeeded, groups too where
            they are known: parameters as values, an artifact as ``{"name", "type", "uri", "metadata"}``, a list of
            artifacts as a list of those.
        skipped: The paths of what a condition has decided against for good.
        items: What the loops run over of which some iterations ran, by path.
    """
    draft = Draft(document)
    remainder = _Remainder(draft, finished, frozenset(skipped), items or {})
    remainder.root()
    return draft.rewritten(remainder.findings)


class Fate(Enum):
    """What becomes of an output that is no value yet: a task will give it (or not), or it will never be."""

    LIVE = 0
    ABSENT = 1


@dataclass(frozen=True, slots=True)
class Given:
    """An output that is known: a parameter's value, or an artifact or several as run records have them."""

    value: Any


Output: TypeAlias = Given | Fate


class _Remainder:
    """Goes down from the root and makes a copy of each dag of which something is done."""

    def __init__(
        self,
        draft: Draft,
        finished: Mapping[str, Mapping[str, Any]],
        skipped: frozenset[str],
        items: Mapping[str, list[Any]],
    ) -> None:
        self.draft = draft
        self.finished = finished
        self.skipped = skipped
        self.items = items
        self.findings: list[Finding] = []
        self.begun = {prefix for path in (*finished, *skipped) for prefix in _prefixes(path)}

    def root(self) -> None:
        """Rewrite the pipeline itself; its own outputs are given by steps where nothing else gives them."""
        if not self.begun:
            return
        scope = _Scope(self, ROOT, "")
        known = scope.settle()
        for name, value in known.items():
            kind = self.draft.ports(ROOT, "output", "parameters").get(name, {}).get("parameterType", "STRING")
            chosen = add_carrier(self.draft, ROOT, f"output-{name}", value.value, kind)
            scope.outputs("parameters")[name] = selected([chosen], "parameters")

    def leave(self, path: str, reason: str) -> None:
        """Say that something runs again."""
        remedy = "Resume on the backend that the run began on, or allow the loss: it runs again."
        task = "/".join(part.partition("[")[0] for part in path.split("/"))
        self.findings.append(Finding(FEATURE, task, Level.REFUSED, reason, remedy, loss=True))


class _Scope:
    """One dag, in one of its uses: `prefix` is its path with iterations and a slash, empty for the root."""

    def __init__(self, remainder: _Remainder, component: str, prefix: str) -> None:
        self.all = remainder
        self.draft = remainder.draft
        self.component = component
        self.prefix = prefix
        show_channels(self.draft, component)
        self.tasks = self.draft.tasks(component)
        self.gone: dict[str, Mapping[str, Any] | None] = {}  # outputs of finished tasks, None for skipped ones
        self.inside: dict[str, dict[str, Given]] = {}  # parameters of groups that go on, already known
        self.importers: dict[tuple[str, str], tuple[str, str]] = {}
        self.ports: dict[str, Json] = {}  # the output artifacts of what is gone
        self.unrolled: dict[str, list[str]] = {}  # loops -> the tasks of their iterations
        self.lists: dict[str, list[tuple[bool, Any]]] = {}  # loops -> known outputs, or the task, by iteration
        self.collectors: dict[tuple[str, str], tuple[str, str]] = {}

    def outputs(self, kind: Kind) -> Json:
        """The dag's own outputs of a kind, to be changed."""
        dag = self.draft.components[self.component]["dag"]
        found: Json = dag.setdefault("outputs", {}).setdefault(kind, {})
        return found

    def settle(self) -> dict[str, Given]:
        """Rewrite the dag; the output parameters that are known and that no task of the dag gives any more."""
        for name in self.order():
            self.decide(name)
        for name in [*self.gone, *self.unrolled]:
            del self.tasks[name]
        for name in list(self.tasks):
            self.rewire(name)
        return self.settle_outputs()

    def order(self) -> list[str]:
        before = {
            name: sorted({*waits_for(task), *_sources(task), *settings_producers(self.draft, task)} & self.tasks.keys())
            for name, task in self.tasks.items()
        }
        return in_order(before)

    # What becomes of each task -----------------------------------------------------------------------

    def decide(self, name: str) -> None:
        """Whether a task is done, skipped, partly done, or as it was."""
        key = f"{self.prefix}{name}"
        task = self.tasks[name]
        used = self.draft.used_by(task)
        self.ports[name] = dict(self.draft.ports(used, "output", "artifacts"))
        if key in self.all.skipped or self.lacks(task):
            self.gone[name] = None
        elif key in self.all.finished and "importer" not in self.body(used):
            reason = self.hindrance(name)
            if reason is None:
                self.gone[name] = self.all.finished[key]
            elif self.draft.is_dag(used) and iterator(task) is None:
                self.enter(name)
            else:
                self.all.leave(key, reason)
        elif key in self.all.begun and self.draft.is_dag(used) and iterator(task) is None:
            self.enter(name)
        elif key in self.all.begun and iterator(task) is not None:
            self.unroll(name)

    def body(self, component: str) -> Json:
        return {} if self.draft.is_dag(component) else self.draft.executor(component)

    def lacks(self, task: Json) -> bool:
        """Whether something that the task cannot do without will never be."""
        if is_tolerant(task):
            return False
        used = self.draft.used_by(task)
        return any(
            self.output(*source, kind) is Fate.ABSENT
            for kind in _KINDS
            for name, binding in fed(task, kind).items()
            if not is_optional(self.draft.ports(used, "input", kind).get(name))
            and (source := producer(binding, kind)) is not None
        )

    def hindrance(self, name: str) -> str | None:
        """Why what a finished task made cannot stand in its place; None when it can."""
        made = self.all.finished[f"{self.prefix}{name}"]
        for kind in _KINDS:
            for key in sorted(self.consumed(name, kind) & made.keys()):
                fits = is_plain if kind == "parameters" else lambda one: is_artifact(one) or is_artifact_list(one)
                if not fits(made[key]):
                    what = "reads like a placeholder" if kind == "parameters" else "cannot be brought in by importers"
                    return f"its output {key!r} {what}"
        return None

    def consumed(self, name: str, kind: Kind) -> set[str]:
        """The outputs of a task that somebody reads."""
        found = {
            source[1]
            for task in self.tasks.values()
            for binding in fed(task, kind).values()
            if (source := producer(binding, kind)) is not None and source[0] == name
        }
        dag = self.draft.components[self.component]["dag"]
        for chosen in selectors(dag.get("outputs") or {}, kind).values():
            found |= {key for task, key in chosen if task == name}
        return found

    def enter(self, name: str) -> None:
        """Go into a group of which something is done."""
        task = self.tasks[name]
        copied = self.draft.copy(self.draft.used_by(task))
        scope = _Scope(self.all, copied, f"{self.prefix}{name}/")
        known = scope.settle()
        if scope.remains:
            task["componentRef"] = {"name": copied}
            self.inside[name] = known
        else:
            self.gone[name] = {key: found.value for key, found in known.items()}

    @property
    def remains(self) -> bool:
        """Whether anything is left to be run."""
        return bool(self.draft.tasks(self.component))

    # Loops -------------------------------------------------------------------------------------------

    def unroll(self, name: str) -> None:
        """Make the iterations of a loop that remain tasks of their own, if what it runs over is known."""
        task, key = self.tasks[name], f"{self.prefix}{name}"
        items = self.items_of(name)
        if items is None:
            self.all.leave(key, "what the loop runs over is not known, and some of its iterations are done")
        elif "artifactIterator" in task and not all(map(is_artifact, items)):
            self.all.leave(key, "an artifact that the loop runs over cannot be brought in by an importer")
        elif self.consumed(name, "artifacts"):
            self.all.leave(key, "the artifacts of finished iterations cannot be put into one list with those to come")
        elif not is_plain(items):
            self.all.leave(key, "an item of the loop reads like a placeholder")
        else:
            if (task.get("iteratorPolicy") or {}).get("parallelismLimit"):
                reason = "the iterations that remain of the loop are tasks of their own, with no limit to their number"
                self.all.findings.append(Finding("loop_parallelism", _plain_path(key), Level.REWRITTEN, reason))
            self.unrolled[name] = []
            self.lists[name] = [self.iterate(name, number, item) for number, item in enumerate(items)]

    def items_of(self, name: str) -> list[Any] | None:
        task = self.tasks[name]
        items = self.all.items.get(f"{self.prefix}{name}")
        raw = (task.get("parameterIterator") or {}).get("items", {}).get("raw")
        if items is None and raw is not None and is_plain(raw):
            items = json.loads(raw)
        return items

    def iterate(self, name: str, number: int, item: Any) -> tuple[bool, Any]:
        """One iteration: its outputs if it is done, else the task that it becomes."""
        key = f"{self.prefix}{name}[{number}]"
        if key in self.all.skipped:
            return True, {}
        if key in self.all.finished:
            return True, self.all.finished[key]
        loop = self.tasks[name]
        task = {part: copy.deepcopy(value) for part, value in loop.items() if part not in _LOOPING}
        used = self.draft.used_by(task)
        known: dict[str, Given] = {}
        if self.draft.is_dag(used):
            used = self.draft.copy(used)
            scope = _Scope(self.all, used, f"{key}/")
            known = scope.settle()
            if not scope.remains:
                return True, {output: found.value for output, found in known.items()}
            task["componentRef"] = {"name": used}
        self.feed_item(loop, task, used, f"{name}-{number}", item)
        single = self.draft.add_task(self.component, f"{name}-{number}", task, (name, number))
        self.inside[single] = known
        self.unrolled[name].append(single)
        return False, single

    def feed_item(self, loop: Json, task: Json, component: str, name: str, item: Any) -> None:
        """Give the task of one iteration its item."""
        given = (iterator(loop) or {})["itemInput"]
        if "parameterIterator" in loop:
            feed(task, "parameters", given, constant(item))
            return
        declared = self.draft.ports(component, "input", "artifacts")[given].get("artifactType") or {}
        port = {"artifactType": {**declared, "schemaTitle": item.get("type") or declared.get("schemaTitle")}}
        made = add_importer(self.draft, self.component, f"{name}-item", item, port)
        feed(task, "artifacts", given, from_task(*made, "artifacts"))

    def collector(self, name: str, key: str) -> tuple[str, str]:
        """The step that makes the list which an unrolled loop leaves under a key."""
        if (name, key) not in self.collectors:
            parts: list[Any] = []
            for done, found in self.lists[name]:
                known = (
                    Given(found[key])
                    if done and key in found
                    else self.inside.get(found, {}).get(key)
                    if not done
                    else None
                )
                if known is not None:
                    parts.append((True, known.value))
                elif not done and self.gives(found, key):
                    parts.append((False, (found, key, self.kind(self.draft.used_by(self.tasks[found]), key))))
            values = [part for _, part in parts]
            wanted = f"{name}-{key.removeprefix('pipelinechannel--')}"
            self.collectors[name, key] = add_collector(
                self.draft, self.component, wanted, values, [known for known, _ in parts]
            )
        return self.collectors[name, key]

    def gives(self, name: str, key: str) -> bool:
        """Whether a task may still give an output parameter."""
        used = self.draft.used_by(self.tasks[name])
        return key in self.draft.ports(used, "output", "parameters")

    def kind(self, component: str, key: str) -> str:
        """The type that an output really has: of what comes out of a loop's body the file says LIST, whatever it is."""
        dag = self.draft.components[component].get("dag")
        for task, inner in selectors(dag.get("outputs") or {}, "parameters").get(key, ()) if dag else ():
            found = self.draft.tasks(component)[task]
            return "LIST" if iterator(found) is not None else self.kind(self.draft.used_by(found), inner)
        return str(self.draft.ports(component, "output", "parameters")[key].get("parameterType", "STRING"))

    # What takes the place of outputs -----------------------------------------------------------------

    def output(self, name: str, key: str, kind: Kind) -> Output:
        """What is known of an output of a task of this dag."""
        if name in self.gone:
            made = self.gone[name]
            return Given(made[key]) if made is not None and key in made else Fate.ABSENT
        if kind == "parameters" and key in self.inside.get(name, {}):
            return self.inside[name][key]
        if name in self.inside and key not in self.draft.ports(self.draft.used_by(self.tasks[name]), "output", kind):
            return Fate.ABSENT
        return Fate.LIVE

    def importer(self, name: str, key: str, value: Any) -> tuple[str, str]:
        """The task that brings in an artifact that is known, and its output."""
        if (name, key) not in self.importers:
            add = add_importer if isinstance(value, Mapping) else add_importers
            wanted = f"{name}-{key.removeprefix('pipelinechannel--')}"
            self.importers[name, key] = add(self.draft, self.component, wanted, value, self.ports[name][key])
        return self.importers[name, key]

    def rewire(self, name: str) -> None:
        """Give a task that remains what it needs."""
        task = self.tasks[name]
        self.settle_status(task)
        before = set(waits_for(task))
        for kind in _KINDS:
            for given, binding in list(fed(task, kind).items()):
                source = producer(binding, kind)
                if source is None:
                    continue
                before.add(source[0])
                self.rebind(task, kind, given, binding, source)
        before |= {found[0] for binding in fed(task, "artifacts").values() if (found := producer(binding, "artifacts"))}
        before |= {
            found[0] for binding in fed(task, "parameters").values() if (found := producer(binding, "parameters"))
        }
        before |= {single for loop in before & self.unrolled.keys() for single in self.unrolled[loop]}
        wait_for(task, before - self.gone.keys() - self.unrolled.keys())
        if settings_producers(self.draft, task) & (self.gone.keys() | self.inside.keys() | self.unrolled.keys()):
            copied = self.draft.copy(self.draft.used_by(task))
            task["componentRef"] = {"name": copied}
            settle_settings(self.draft, copied, self.in_settings)

    def rebind(self, task: Json, kind: Kind, given: str, binding: Json, source: tuple[str, str]) -> None:
        if source[0] in self.unrolled:
            binding.update(from_task(*self.collector(*source), kind))
            return
        match self.output(*source, kind):
            case Given(value) if kind == "parameters":
                del binding["taskOutputParameter"]
                binding.update(constant(value))
            case Given(value):
                binding.update(from_task(*self.importer(*source, value), kind))
            case Fate.ABSENT:
                forgo(self.draft, task, kind, given)
                self.excuse(task, kind, given)

    def excuse(self, task: Json, kind: Kind, given: str) -> None:
        """Let a task that runs in any case run without this input."""
        used = self.draft.used_by(task)
        if not is_optional(self.draft.ports(used, "input", kind).get(given)):
            copied = self.draft.copy(used)
            self.draft.ports(copied, "input", kind)[given]["isOptional"] = True
            task["componentRef"] = {"name": copied}

    def in_settings(self, name: str, key: str) -> Json | None:
        if name in self.unrolled:
            return from_task(*self.collector(name, key), "parameters")
        found = self.output(name, key, "parameters")
        return constant(found.value) if isinstance(found, Given) else None

    def settle_status(self, task: Json) -> None:
        """Say how a task ended to one that asks and that remains; what is done, or skipped, counts as a success."""
        for binding in fed(task, "parameters").values():
            asked = (binding.get("taskFinalStatus") or {}).get("producerTask")
            if asked in self.gone:
                del binding["taskFinalStatus"]
                status = {"state": "SUCCEEDED", "pipelineTaskName": asked}
                binding.update(constant({**status, "pipelineJobResourceName": "{{$.pipeline_job_name}}"}))

    def settle_outputs(self) -> dict[str, Given]:
        """Let the dag's outputs come from what remains; those that are known already are taken away and returned."""
        known: dict[str, Given] = {}
        dag = self.draft.components[self.component]["dag"]
        for kind in _KINDS:
            for name, chosen in selectors(dag.get("outputs") or {}, kind).items():
                found = self.choose(name, chosen, kind)
                if isinstance(found, Given):
                    known[name] = found
                if found and not isinstance(found, Given):
                    self.outputs(kind)[name] = selected(found, kind)
                    continue
                del self.outputs(kind)[name]
                if self.component != ROOT or not found:
                    del self.draft.ports(self.component, "output", kind)[name]
        return known

    def choose(self, output: str, chosen: list[tuple[str, str]], kind: Kind) -> Given | list[tuple[str, str]]:
        """The candidates for an output of the dag that are left, or the value when it is settled."""
        left: list[tuple[str, str]] = []
        for name, key in chosen:
            if name in self.unrolled:
                left.append(self.collector(name, key))
                continue
            found = self.output(name, key, kind)
            if found is Fate.LIVE:
                left.append((name, key))
            elif isinstance(found, Given) and kind == "artifacts":
                return [*left, self.importer(name, key, found.value)]
            elif isinstance(found, Given) and not left:
                return found
            elif isinstance(found, Given):
                port = self.draft.ports(self.component, "output", "parameters")[output]
                kind_ = str(port.get("parameterType", "STRING"))
                return [*left, add_carrier(self.draft, self.component, f"{name}-{key}", found.value, kind_)]
        return left


_LOOPING: Final = ("parameterIterator", "artifactIterator", "iteratorPolicy", "taskInfo")


def _sources(task: Json) -> set[str]:
    found = {source[0] for kind in _KINDS for one in fed(task, kind).values() if (source := producer(one, kind))}
    asked = {(one.get("taskFinalStatus") or {}).get("producerTask") for one in fed(task, "parameters").values()}
    return found | {name for name in asked if name}


def _prefixes(path: str) -> Iterable[str]:
    """The path and what it lies in, loops without their iterations too."""
    parts = path.split("/")
    for depth in range(1, len(parts) + 1):
        whole = "/".join(parts[:depth])
        yield whole
        if whole.endswith("]"):
            yield whole[: whole.rindex("[")]


def _plain_path(path: str) -> str:
    return "/".join(part.partition("[")[0] for part in path.split("/"))
