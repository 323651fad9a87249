"""One dag of a pipeline that ran in part, in one of its uses: what is done vanishes, what remains is fed anew."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from kfbridge.graph.rewrites.draft import (
    ROOT,
    Json,
    Kind,
    fed,
    forgo,
    from_task,
    is_optional,
    is_tolerant,
    iterator,
    producer,
    selected,
    selectors,
    sources,
    wait_for,
    waits_for,
)
from kfbridge.graph.rewrites.fate import Fate, Given, Output, Past
from kfbridge.graph.rewrites.hidden import settings_producers, settle_settings, show_channels
from kfbridge.graph.rewrites.iterations import Iterations
from kfbridge.graph.rewrites.made import (
    add_carrier,
    add_importer,
    add_importers,
    constant,
    is_artifact,
    is_artifact_list,
    is_plain,
)
from kfbridge.spec.order import in_order

_KINDS: Final[tuple[Kind, Kind]] = ("parameters", "artifacts")


class Scope:
    """One dag, in one of its uses: `prefix` is its path with iterations and a slash, empty for the root."""

    def __init__(self, past: Past, component: str, prefix: str) -> None:
        self.past = past
        self.draft = past.draft
        self.component = component
        self.prefix = prefix
        show_channels(self.draft, component)
        self.tasks = self.draft.tasks(component)
        self.gone: dict[str, Mapping[str, Any] | None] = {}  # outputs of finished tasks, None for skipped ones
        self.inside: dict[str, dict[str, Given]] = {}  # parameters of groups that go on, already known
        self.importers: dict[tuple[str, str], tuple[str, str]] = {}
        self.ports: dict[str, Json] = {}  # the output artifacts of what is gone
        self.loops = Iterations(self)

    def within(self, component: str, prefix: str) -> Scope:
        """The scope of a dag in this one."""
        return Scope(self.past, component, prefix)

    def outputs(self, kind: Kind) -> Json:
        """The dag's own outputs of a kind, to be changed."""
        dag = self.draft.components[self.component]["dag"]
        found: Json = dag.setdefault("outputs", {}).setdefault(kind, {})
        return found

    def settle(self) -> dict[str, Given]:
        """Rewrite the dag; the output parameters that are known and that no task of the dag gives any more."""
        for name in self.order():
            self.decide(name)
        for name in [*self.gone, *self.loops.unrolled]:
            del self.tasks[name]
        for name in list(self.tasks):
            self.rewire(name)
        return self.settle_outputs()

    def order(self) -> list[str]:
        """The tasks, each after those that it waits for."""
        before = {
            name: sorted({*waits_for(task), *sources(task), *settings_producers(self.draft, task)} & self.tasks.keys())
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
        if key in self.past.skipped or self.lacks(task):
            self.gone[name] = None
        elif key in self.past.finished and "importer" not in self.body(used):
            reason = self.hindrance(name)
            if reason is None:
                self.gone[name] = self.past.finished[key]
            elif self.draft.is_dag(used) and iterator(task) is None:
                self.enter(name)
            else:
                self.past.leave(key, reason)
        elif key in self.past.begun and self.draft.is_dag(used) and iterator(task) is None:
            self.enter(name)
        elif key in self.past.begun and iterator(task) is not None:
            self.loops.unroll(name)

    def body(self, component: str) -> Json:
        """The executor of a component, empty for a dag."""
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
        made = self.past.finished[f"{self.prefix}{name}"]
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
        scope = self.within(copied, f"{self.prefix}{name}/")
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
        before |= {single for loop in before & self.loops.unrolled.keys() for single in self.loops.unrolled[loop]}
        wait_for(task, before - self.gone.keys() - self.loops.unrolled.keys())
        if settings_producers(self.draft, task) & (self.gone.keys() | self.inside.keys() | self.loops.unrolled.keys()):
            copied = self.draft.copy(self.draft.used_by(task))
            task["componentRef"] = {"name": copied}
            settle_settings(self.draft, copied, self.in_settings)

    def rebind(self, task: Json, kind: Kind, given: str, binding: Json, source: tuple[str, str]) -> None:
        """Feed an input with what has taken the place of its source."""
        if source[0] in self.loops.unrolled:
            binding.update(from_task(*self.loops.collector(*source, kind), kind))
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
        """What takes the place of an output in a platform's settings; None to keep it."""
        if name in self.loops.unrolled:
            return from_task(*self.loops.collector(name, key, "parameters"), "parameters")
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
            if name in self.loops.unrolled:
                left.append(self.loops.collector(name, key, kind))
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
