"""One life of a run, from its start or a resume to its end: how each event moves the tree of instances.

Everything that follows from an event is put on a stack of work and done one by one, never by recursion, so that
neither deep nesting nor long chains of skipped tasks exhaust Python's own stack.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from kfbridge.engine.actions import Action, Cancel, End, Wake
from kfbridge.engine.attempts import Attempts
from kfbridge.engine.backoffs import Backoffs
from kfbridge.engine.binding import Unavailable, bind, root_inputs, with_item
from kfbridge.engine.brakes import CANCELLED, Brakes
from kfbridge.engine.condition import holds
from kfbridge.engine.context import RunContext
from kfbridge.engine.ending import Endings, Witness
from kfbridge.engine.events import (
    CancelRequested,
    Event,
    TaskFailed,
    TaskLost,
    TaskSkipped,
    TaskStarted,
    TaskSucceeded,
    TaskWaiting,
    TimePassed,
)
from kfbridge.engine.instance import Fan, Inputs, Instance, Scope, State, family
from kfbridge.engine.invocation import Invocations
from kfbridge.engine.ledger import Ledger
from kfbridge.engine.loop import items_of
from kfbridge.engine.results import checked, of_dag, of_importer, of_loop
from kfbridge.engine.verdict import around, may_retry, reason_of, spoiler_of, verdict, words
from kfbridge.engine.wiring import Wirings
from kfbridge.errors import KfbridgeError
from kfbridge.graph.model import Container, Dag, Foreign, Graph, Importer, Task
from kfbridge.spec.expression import unparse

MAX_LOSSES: Final = 10
"""How often one task may be lost before it counts as failed."""


class Flow:
    """The tree of instances and what moves it.

    Args:
        graph: The pipeline; its root is a dag.
        context: The run.
        ledger: What earlier lives recorded; this one adds to it.
        wirings: Kept from life to life, because they depend on the graph alone.
        witness: Told of each instance that ends.
    """

    def __init__(
        self, graph: Graph, context: RunContext, ledger: Ledger, wirings: Wirings, witness: Witness | None = None
    ) -> None:
        self.context = context
        self.root = Instance(Task("", graph.display_name or graph.name, graph.root), "", None)
        self._ledger = ledger
        self._wirings = wirings
        self.endings = Endings(witness, ledger, wirings)
        self._attempts = Attempts(ledger, Invocations(graph, context))
        self._brakes = Brakes()
        self._backoffs = Backoffs()
        self._work: list[tuple[Callable[[Instance], None], Instance]] = []
        self._actions: list[Action] = []
        self._time = context.created
        self._handlers: dict[type[Event], Callable[[Any], None]] = {
            TaskStarted: self._on_started,
            TaskWaiting: self._on_waiting,
            TaskSucceeded: self._on_succeeded,
            TaskSkipped: self._on_succeeded,
            TaskFailed: self._on_failed,
            TaskLost: self._on_lost,
            TimePassed: self._on_time_passed,
            CancelRequested: self._on_cancel_requested,
        }

    def begin(self, arguments: Mapping[str, Any], time: float) -> list[Action]:
        """Open the pipeline itself."""
        self._time = time
        try:
            self.root.inputs = root_inputs(self.root.task.component.inputs, arguments)
        except KfbridgeError as error:
            self._end(self.root, State.FAILED, str(error))
        else:
            self._do(self._enter, self.root)
        return self._settle_all()

    def take_over(self) -> list[Action]:
        """All that has been asked for and is not done, for a driver that has not asked for it."""
        if self.root.over:
            return [End(self.root.state.value)]
        cancels = [Cancel(instance.key) for instance in self._attempts.live()] if self._brakes.cancelled else []
        return [*self._attempts.under_way(), *cancels, *map(Wake, self._backoffs.times())]

    def handle(self, event: Event) -> list[Action]:
        """Take in what happened; the actions that follow, in order."""
        handler = self._handlers.get(type(event))
        if handler is None or self.root.over:
            return []
        self._time = event.time
        handler(event)
        return self._settle_all()

    # Events ------------------------------------------------------------------------------------------

    def _on_started(self, event: TaskStarted) -> None:
        if self._attempts.begin(event) and self._brakes.cancelled:
            self._actions.append(Cancel(event.key))

    def _on_waiting(self, event: TaskWaiting) -> None:
        instance = self._attempts.current(event.key, event.attempt)
        if instance is not None:
            instance.reason = event.reason

    def _on_succeeded(self, event: TaskSucceeded | TaskSkipped) -> None:
        instance = self._attempts.current(event.key, event.attempt)
        if instance is not None:
            self._ledger.succeeded(event)
            instance.reason = ""  # why it waited, or was tried again
            self._accept(instance, event)
        elif self._ledger.is_under_way(event.key, event.attempt):
            self._ledger.succeeded(event)  # of an earlier life; counted when its turn comes

    def _on_failed(self, event: TaskFailed) -> None:
        instance = self._broken_off(event)
        if instance is not None:
            self._failed(instance, event.reason, terminal=event.terminal)

    def _on_lost(self, event: TaskLost) -> None:
        instance = self._broken_off(event)
        if instance is None:
            return
        instance.losses += 1
        if instance.losses >= MAX_LOSSES:
            self._failed(instance, f"it was lost {MAX_LOSSES} times, the last time because {event.reason}")
        else:
            self._retire(instance, event.reason)
            self._do(self._enter, instance)

    def _broken_off(self, event: TaskFailed | TaskLost) -> Instance | None:
        """The instance whose present attempt this was; none while the run is cancelled, which is its end."""
        self._ledger.ended(event.key, event.attempt)
        instance = self._attempts.current(event.key, event.attempt)
        if instance is None or not self._brakes.cancelled:
            return instance
        self._end(instance, State.CANCELLED, CANCELLED)
        return None

    def _on_time_passed(self, event: TimePassed) -> None:
        for instance in reversed(self._backoffs.due(event.time)):
            self._do(self._again, instance)

    def _on_cancel_requested(self, _: CancelRequested) -> None:
        if self._brakes.cancelled:
            return
        self._brakes.cancelled = True
        for instance in self._attempts.live():
            self._actions.append(Cancel(instance.key))
            if instance.state is State.PENDING:
                self._end(instance, State.CANCELLED, CANCELLED)
        for instance in self._backoffs.take(lambda _: True):
            self._end(instance, State.CANCELLED, CANCELLED)

    # Work --------------------------------------------------------------------------------------------

    def _do(self, step: Callable[[Instance], None], instance: Instance) -> None:
        self._work.append((step, instance))

    def _settle_all(self) -> list[Action]:
        while self._work:
            step, instance = self._work.pop()
            step(instance)
        actions, self._actions = self._actions, []
        return actions

    # From waiting to open ----------------------------------------------------------------------------

    def _decide(self, instance: Instance) -> None:
        """All producers have ended: skip the task, or open it."""
        if self._is_kept_back(instance):
            return
        task = instance.task
        if (spoiler := spoiler_of(instance)) is not None:
            self._skip(instance, spoiler, blocked=True)
            return
        try:
            inputs = bind(instance, instance.scope, self.context)
            if isinstance(inputs, Unavailable):
                self._skip(instance, inputs.reason)
                return
            if task.condition is not None and not holds(task, inputs):
                self._skip(instance, f"its condition is false: {unparse(task.condition)}")
                return
        except KfbridgeError as error:
            self._failed(instance, words(error, instance), terminal=True)
            return
        instance.inputs = inputs
        self._do(self._enter if task.loop is None else self._fan_out, instance)

    def _enter(self, instance: Instance) -> None:
        """Begin an instance whose inputs are known; a leaf is launched, a dag is opened."""
        if self._is_kept_back(instance):
            return
        assert instance.inputs is not None
        match instance.task.component.body:
            case Container():
                self._launch(instance)
            case Dag() as dag:
                self._open(instance, dag, instance.inputs)
            case Importer() as importer:
                self._import(instance, importer, instance.inputs)
            case Foreign(_, kind, _):
                reason = f"a {kind} executor runs on the platform that it was written for only"
                self._failed(instance, reason, terminal=True)

    def _launch(self, instance: Instance) -> None:
        try:
            launched = self._attempts.launch(instance)
        except KfbridgeError as error:
            self._failed(instance, words(error, instance), terminal=True)
            return
        if isinstance(launched, (TaskSucceeded, TaskSkipped)):
            self._accept(instance, launched)
        else:
            self._actions.append(launched)

    def _open(self, instance: Instance, dag: Dag, inputs: Inputs) -> None:
        instance.state = State.RUNNING
        instance.started = self._time
        scope = Scope(instance, inputs, dag.tasks, self._wirings.of(dag))
        instance.inner = scope
        if not scope.children:
            self._do(self._close, instance)
        for child in reversed(scope.children.values()):
            if child.waiting == 0:
                self._do(self._decide, child)

    def _import(self, instance: Instance, importer: Importer, inputs: Inputs) -> None:
        instance.started = self._time
        try:
            instance.outputs = of_importer(importer, instance, inputs, self.context)
        except KfbridgeError as error:
            self._failed(instance, words(error, instance), terminal=True)
        else:
            self._end(instance, State.SUCCEEDED)

    # Loops -------------------------------------------------------------------------------------------

    def _fan_out(self, instance: Instance) -> None:
        if self._is_kept_back(instance):
            return
        assert instance.inputs is not None
        try:
            items = items_of(instance, instance.inputs, self.context)
        except KfbridgeError as error:
            self._failed(instance, words(error, instance), terminal=True)
            return
        assert instance.task.loop is not None
        instance.state = State.RUNNING
        instance.started = self._time
        instance.inner = Fan(instance.inputs, items, instance.task.loop.parallelism)
        self._refill(instance)

    def _refill(self, loop: Instance) -> None:
        """Open as many iterations as there is room for, or close the loop when none is left."""
        fan = loop.inner
        assert isinstance(fan, Fan)
        if fan.room > 0 and not self._brakes.hold(loop):
            numbers = range(len(fan.iterations), len(fan.iterations) + fan.room)
            opened = [Instance(loop.task, f"{loop.key}[{number}]", loop, number) for number in numbers]
            fan.active += len(opened)
            fan.iterations.extend(opened)
            for iteration in reversed(opened):
                self._do(self._iterate, iteration)
        elif fan.active == 0:
            self._close_loop(loop, fan)

    def _iterate(self, iteration: Instance) -> None:
        loop = iteration.parent
        assert loop is not None
        assert isinstance(loop.inner, Fan)
        fan = loop.inner
        try:
            iteration.inputs = with_item(iteration, fan.inputs, fan.items[iteration.iteration or 0], self.context)
        except KfbridgeError as error:
            self._failed(iteration, words(error, iteration), terminal=True)
        else:
            self._enter(iteration)

    # From open to over -------------------------------------------------------------------------------

    def _accept(self, instance: Instance, event: TaskSucceeded | TaskSkipped) -> None:
        if isinstance(event, TaskSkipped):
            self._end(instance, State.SKIPPED, event.reason, time=event.time)
            return
        try:
            instance.outputs = checked(instance, event.outputs)
        except KfbridgeError as error:
            self._ledger.forget(instance.key)
            self._failed(instance, words(error, instance))
            return
        instance.cached = event.cached
        instance.started = event.time if instance.started is None else instance.started
        self._end(instance, State.SUCCEEDED, time=event.time)

    def _close(self, instance: Instance) -> None:
        """Everything in a dag has ended: so has the dag."""
        scope = instance.inner
        assert isinstance(scope, Scope)
        spoiler = verdict(scope.children.values())
        if spoiler is None:
            dag = instance.task.component.body
            assert isinstance(dag, Dag)
            instance.outputs = of_dag(dag, scope)
            self._end(instance, State.SUCCEEDED)
        elif spoiler.state is State.FAILED:
            self._failed(instance, reason_of(spoiler))
        else:
            self._end(instance, spoiler.state, reason_of(spoiler), blocked=spoiler.blocked)

    def _close_loop(self, loop: Instance, fan: Fan) -> None:
        spoiler = verdict(fan.iterations)
        if spoiler is not None:
            self._end(loop, spoiler.state, reason_of(spoiler), blocked=spoiler.blocked)
        elif len(fan.iterations) < len(fan.items):
            self._is_kept_back(loop)
        else:
            loop.outputs = of_loop(loop, fan)
            self._end(loop, State.SUCCEEDED)

    def _failed(self, instance: Instance, reason: str, terminal: bool = False) -> None:
        """An attempt, or a whole dag, failed: try again later, or end."""
        instance.failures += 1
        retry = instance.task.retry
        if terminal or retry is None or instance.failures > retry.max_retries or self._brakes.hold(instance):
            self._end(instance, State.FAILED, reason)
            return
        self._retire(instance, reason)
        delay = retry.delay(instance.failures)
        if delay <= 0:
            self._do(self._again, instance)
            return
        at = self._time + delay
        self._backoffs.add(instance, at)
        self._actions.append(Wake(at))

    def _retire(self, instance: Instance, reason: str) -> None:
        """The attempt is over, the instance is not."""
        self._attempts.retire(instance)
        instance.state = State.PENDING
        instance.started = None
        instance.native_id = ""
        instance.reason = reason

    def _again(self, instance: Instance) -> None:
        """Try an instance again; what succeeded in a dag that failed runs anew too."""
        for one in family(instance):
            self._ledger.forget(one.key)
        instance.inner = None
        self._enter(instance)

    def _skip(self, instance: Instance, reason: str, blocked: bool = False) -> None:
        self._end(instance, State.SKIPPED, reason, blocked=blocked)

    def _end(
        self, instance: Instance, state: State, reason: str = "", blocked: bool = False, time: float | None = None
    ) -> None:
        self._attempts.retire(instance)
        instance.close(state, reason, blocked, self._time if time is None else time)
        self.endings.tell(instance)
        instance.inputs = None
        self._do(self._tell, instance)
        if state is State.FAILED and self.context.stops_on_failure and not self._brakes.halted_by:
            self._halt(instance)

    def _tell(self, instance: Instance) -> None:
        """An instance is over: tell what waits for it, and what it is in."""
        parent = instance.parent
        if parent is None:
            self._actions.append(End(instance.state.value))
            return
        if isinstance(parent.inner, Fan):
            parent.inner.active -= 1
            self._refill(parent)
            return
        scope = instance.scope
        scope.remaining -= 1
        if scope.remaining == 0:
            self._do(self._close, parent)
        for name in reversed(scope.wiring.consumers[instance.task.name]):
            consumer = scope.children[name]
            consumer.waiting -= 1
            if consumer.waiting == 0:
                self._do(self._decide, consumer)

    # What must not start -----------------------------------------------------------------------------

    def _is_kept_back(self, instance: Instance) -> bool:
        """Whether a cancel request or an earlier failure keeps the instance from starting; it is ended then."""
        if not self._brakes.hold(instance):
            return False
        state, reason = self._brakes.ending(instance)
        self._end(instance, state, reason, blocked=state is State.SKIPPED)
        return True

    def _halt(self, instance: Instance) -> None:
        """With the fast failure policy: nothing new starts after this failure."""
        if any(may_retry(group) for group in around(instance)):
            return
        self._brakes.halted_by = instance.key or "the pipeline"
        for other in [one for one in self._attempts.live() if one.state is State.PENDING and not one.shielded]:
            self._actions.append(Cancel(other.key))
            self._is_kept_back(other)
        for other in self._backoffs.take(lambda one: not one.shielded):
            self._is_kept_back(other)
