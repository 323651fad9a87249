"""What kfbridge can do, as functions: the command line calls these and nothing else.

A `pipeline` is what the command line takes (``file.py``, ``file.py:function``, a compiled ``.yaml`` or
``.json``), or a function under ``@dsl.pipeline`` (or a component). A `target` is the name of one, or None for
the default of kfbridge.toml. Every function raises `KfbridgeError`, with the reason and the remedy.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kfbridge import config as configuration
from kfbridge.errors import KfbridgeError, RefusedError, UsageError
from kfbridge.source import Source
from kfbridge.source import load as load_source

if TYPE_CHECKING:
    from kfbridge.backends.base import Backend, Checkup, Finding, Plan, Run, RunStatus, Target
    from kfbridge.backends.k8s.install import Installation
    from kfbridge.backends.offers import Answer
    from kfbridge.dsl.base_component import BaseComponent
    from kfbridge.graph.model import Graph
    from kfbridge.inventory import BackendEntry, TargetEntry
    from kfbridge.machines.update import Update
    from kfbridge.plan.compare import Comparison
    from kfbridge.plan.verdict import Verdict
    from kfbridge.runs.comparison import RunComparison
    from kfbridge.runs.detail import RunDetail
    from kfbridge.runs.store import RunStore

    Pipeline = str | Path | Source | BaseComponent


def load(pipeline: Pipeline) -> Source:
    """Find and trace (or read) a pipeline.

    Args:
        pipeline: As above.

    Raises:
        UsageError: There is no such file, or no pipeline in it, or more than one.
        CompileError: The pipeline cannot be compiled.
        SpecError: The compiled pipeline cannot be read.
    """
    if isinstance(pipeline, Source):
        return pipeline
    if isinstance(pipeline, (str, Path)):
        return load_source(pipeline)
    if not hasattr(pipeline, "pipeline_spec"):
        raise UsageError(
            f"{pipeline!r} is not a pipeline.", remedy="Give a file's path, or a function under @dsl.pipeline."
        )
    return Source(pipeline.name, component=pipeline)


def compile(
    pipeline: Pipeline,
    output: str | Path | None = None,
    *,
    arguments: Mapping[str, Any] | None = None,
    text_arguments: Mapping[str, str] | None = None,
) -> str:
    """Compile a pipeline to KFP's own format.

    Args:
        pipeline: As above; a compiled one is read, checked and written anew.
        output: Where to write it, ``.yaml`` or ``.json``; nothing is written when left out.
        arguments: Values that become the defaults of the pipeline's inputs.
        text_arguments: The same as text, converted to the inputs' types.

    Returns:
        The compiled pipeline as text.

    Raises:
        CompileError: The pipeline cannot be compiled, or a default does not fit.
        UsageError: The file cannot be written.
    """
    from kfbridge import documents
    from kfbridge.compiler import write_documents
    from kfbridge.spec.write import write_yaml

    source = load(pipeline)
    document = documents.read(source)
    defaults = _arguments(documents.graph(document), arguments, text_arguments)
    parts = documents.with_defaults(document, defaults)
    comment = documents.comment(source, parts[0])
    if output is None:
        return write_yaml(parts, comment)
    write_documents(parts, Path(output), comment)
    return Path(output).expanduser().read_text(encoding="utf-8")


def plan(
    pipeline: Pipeline,
    arguments: Mapping[str, Any] | None = None,
    *,
    text_arguments: Mapping[str, str] | None = None,
    target: str | Target | None = None,
    config: str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Plan:
    """What a target would do with a pipeline; nothing is started, nothing is sent.

    Args:
        pipeline: As above.
        arguments: Values of the pipeline's inputs.
        text_arguments: Values as text, as ``-p name=value`` gives them, converted to the inputs' types.
        target: Where to run.
        config: The configuration file to read instead of the kfbridge.toml found upwards.
        settings: Settings of the target for this call, such as ``{"parallel": 4}``.
    """
    from kfbridge import documents

    backend = _backend(target, config, settings)
    source = load(pipeline)
    document = documents.read(source)
    graph = documents.graph(document)
    values = {**document.arguments, **_arguments(graph, arguments, text_arguments)}
    return backend.plan(graph, _bound(graph, values), documents.text(source, document))


def check(
    pipeline: Pipeline,
    arguments: Mapping[str, Any] | None = None,
    *,
    text_arguments: Mapping[str, str] | None = None,
    targets: Sequence[str | Target] | None = None,
    every: bool = False,
    config: str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
    allow_loss: Sequence[str] = (),
) -> list[Verdict]:
    """What targets would do with each thing that a pipeline asks for; nothing is sent.

    Args:
        pipeline: As above.
        arguments: Values of the pipeline's inputs; they may be incomplete.
        text_arguments: Values as text, converted to the inputs' types.
        targets: The targets; None for the default one.
        every: Ask every backend that is installed, those without a target with examples of its settings.
        config: The configuration file to read instead of the kfbridge.toml found upwards.
        settings: Settings for this call, by target and key (``aws.region``).
        allow_loss: Features that may be left out, besides those that the targets allow; one that makes no difference
            is warned of.

    Raises:
        UsageError: A target cannot be used, an argument does not fit, or there is no such feature.
    """
    from kfbridge import checking, documents

    source = load(pipeline)
    document = documents.read(source)
    graph = documents.graph(document)
    given = _bound(graph, {**document.arguments, **_arguments(graph, arguments, text_arguments)}, partial=True)
    found = configuration.read(config)
    chosen = checking.every(found, settings) if every else checking.named(targets or [None], found, settings)
    return checking.verdicts(document, graph, given, chosen, allow_loss)


def compare(
    pipeline: Pipeline,
    arguments: Mapping[str, Any] | None = None,
    *,
    text_arguments: Mapping[str, str] | None = None,
    targets: Sequence[str | Target] | None = None,
    config: str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Comparison:
    """What several targets would do with a pipeline, side by side; nothing is sent.

    Args:
        pipeline: As above.
        arguments: Values of the pipeline's inputs.
        text_arguments: Values as text, converted to the inputs' types.
        targets: The targets, at least two; None for every one of the configuration.
        config: The configuration file to read instead of the kfbridge.toml found upwards.
        settings: Settings for this call, by target and key (``aws.region``).

    Raises:
        UsageError: There are not two targets, or one of them cannot be used.
    """
    from kfbridge.plan.compare import compare as side_by_side

    chosen = sorted(configuration.read(config).targets) if targets is None else list(dict.fromkeys(targets))
    if len(chosen) < 2:
        raise UsageError(
            f"There is nothing to compare: the targets are {', '.join(map(str, chosen)) or 'none'}.",
            remedy="Name two targets of kfbridge.toml or more: -t aws -t gcp",
        )
    source = load(pipeline)
    return side_by_side(
        [
            plan(source, arguments, text_arguments=text_arguments, target=target, config=config, settings=settings)
            for target in chosen
        ]
    )


def run(
    pipeline: Pipeline,
    arguments: Mapping[str, Any] | None = None,
    *,
    text_arguments: Mapping[str, str] | None = None,
    target: str | Target | None = None,
    config: str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
    run_id: str | None = None,
) -> Run:
    """Start a pipeline and return at once; ``run(...).wait()`` waits for its end.

    The arguments are those of `plan`; `run_id` names the run.

    Raises:
        RefusedError: The target cannot do what the pipeline asks; nothing was started.
    """
    planned = plan(pipeline, arguments, text_arguments=text_arguments, target=target, config=config, settings=settings)
    if not planned.ok:
        raise _refusal(planned)
    return _backend(planned.target, None, None).submit(planned, run_id)


def runs(
    *,
    state: str | None = None,
    pipeline: str | None = None,
    limit: int | None = None,
    target: str | Target | None = None,
    config: str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
) -> list[RunStatus]:
    """The runs under a target's artifact root, newest first, without their tasks.

    `state` and `pipeline` choose among them; `limit` is the most that are returned.
    """
    found = _backend(target, config, settings).runs()
    chosen = (one for one in found if state in (None, one.state) and pipeline in (None, one.pipeline))
    return list(islice(chosen, limit))


def detail(
    run_id: str,
    *,
    target: str | Target | None = None,
    config: str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
) -> RunDetail:
    """A run with all that its records tell: inputs, outputs, attempts, machines, versions.

    Raises:
        UsageError: There is no such run, or the backend keeps no records.
    """
    from kfbridge.runs.detail import read_detail

    return read_detail(_store(_backend(target, config, settings), run_id), run_id)


def write_page(
    run_id: str,
    file: str | Path,
    *,
    target: str | Target | None = None,
    config: str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
) -> str:
    """Write a run as one self-contained HTML page; what is at `file` is replaced once the page is whole.

    Returns:
        The run's id.

    Raises:
        UsageError: There is no such run, or the file cannot be written.
    """
    from kfbridge.page import write_page
    from kfbridge.runs.detail import read_detail

    store = _store(_backend(target, config, settings), run_id)
    found = read_detail(store, run_id)
    store.bring_logs(found.record.run_id)
    write_page(found, Path(file).expanduser())
    return found.record.run_id


def compare_runs(
    one: str,
    other: str,
    *,
    target: str | Target | None = None,
    config: str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
) -> RunComparison:
    """Two runs side by side: arguments, states, times, outputs, metrics; what differs comes first."""
    from kfbridge.runs.comparison import compare

    return compare(
        detail(one, target=target, config=config, settings=settings),
        detail(other, target=target, config=config, settings=settings),
    )


def find(
    run_id: str,
    *,
    target: str | Target | None = None,
    config: str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Run:
    """The handle of an earlier run.

    Raises:
        KfbridgeError: No run of that name; the message says which are near.
    """
    return _backend(target, config, settings).run(run_id)


def status(
    run_id: str,
    *,
    target: str | Target | None = None,
    config: str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
) -> RunStatus:
    """Where a run and its tasks stand now."""
    return find(run_id, target=target, config=config, settings=settings).status()


def logs(
    run_id: str,
    task: str | None = None,
    *,
    follow: bool = False,
    brief: bool = False,
    target: str | Target | None = None,
    config: str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Iterator[tuple[str, str]]:
    """What the steps of a run printed, as (task path, line), of one task or of all.

    `follow` waits for more until the run ends; `brief` cuts a flood short and says by how much.
    """
    return find(run_id, target=target, config=config, settings=settings).logs(task, follow, brief)


def cancel(
    run_id: str,
    *,
    target: str | Target | None = None,
    config: str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
) -> None:
    """Ask a run to stop."""
    find(run_id, target=target, config=config, settings=settings).cancel()


def resume(
    run_id: str,
    *,
    on: str | Target | None = None,
    target: str | Target | None = None,
    config: str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Run:
    """Continue a run that failed, was cancelled, or lost the process that drove it; finished steps stay finished.

    Args:
        run_id: The run.
        on: Another target, on which what is left is run, as a run of its own: finished steps become constants and
            importers of what they left.
        target: Where it ran.
        config: The configuration file to read instead of the kfbridge.toml found upwards.
        settings: Settings for this call, of the target that runs (with `on`, of both by their names: ``b.parallel``).

    Raises:
        RunError: It has succeeded, or another process drives it.
        RefusedError: The target cannot do what is left.
    """
    if on is None:
        return _backend(target, config, settings).resume(run_id)
    from kfbridge.moving import moved

    found = detail(run_id, target=target, config=config, settings=settings)
    ended = status(found.record.run_id, target=target, config=config, settings=settings)
    backend = _backend(on, config, settings)
    planned = moved(found, ended, backend)
    if not planned.ok:
        raise _refusal(planned)
    return backend.submit(planned)


def find_target(
    name: str | None = None,
    *,
    config: str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Target:
    """The target called `name` (None: the default), with its settings as the backend's own type."""
    return configuration.target(name, configuration=configuration.read(config), settings=settings)


def machines(
    gpu: str | None = None,
    *,
    cpu: str | None = None,
    memory: str | None = None,
    spot: bool = False,
    target: str | Target | None = None,
    config: str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
) -> list[Answer]:
    """What each provider would give a step that asks for this.

    Args:
        gpu: Accelerators by name and number: ``A100-80GB:4``.
        cpu: Processors: ``32``, ``500m``.
        memory: ``200Gi``.
        spot: Whether the provider may take the machine away.
        target: Ask this target alone, with the machines that its section names; None asks every provider.
        config: The configuration file; sizes of the user's own lie beside it.
        settings: Settings of the target for this call.

    Raises:
        RequestError: An amount, a name, or the user's own file of sizes cannot be read.
        UsageError: The target's backend has no machines to choose from.
    """
    from kfbridge.backends import offers
    from kfbridge.machines.request import of_text

    request = of_text(gpu, cpu, memory, spot)
    if target is None:
        return offers.offers(request, folder=configuration.read(config).folder)
    if isinstance(target, str):
        target = find_target(target, config=config, settings=settings)
    return [offers.offer(request, _backend(target, None, None), target)]


def install_k8s(
    target: str | Target | None = None,
    *,
    size: str = "10Gi",
    access_mode: str = "ReadWriteMany",
    storage_class: str | None = None,
    dry_run: bool = False,
    config: str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Installation:
    """Give the namespace of a Kubernetes target what runs need: the driver's account, its rights, the artifacts' claim.

    Args:
        target: The target; None is the default.
        size: What the claim of a ``pvc://`` artifact root holds.
        access_mode: ``ReadWriteMany``, or ``ReadWriteOnce`` where all pods run on one node.
        storage_class: What provides the claim; the cluster's default unless given.
        dry_run: Make the manifests, and ask no cluster.
        config: The configuration file.
        settings: Settings of the target for this call.

    Raises:
        UsageError: The target is of another backend, or names no namespace.
        BackendError: kubectl is missing, or the cluster refuses.
    """
    from kfbridge.backends.k8s.install import install

    if target is None or isinstance(target, str):
        target = find_target(target, config=config, settings=settings)
    return install(target, size, access_mode, storage_class, dry_run=dry_run)


def update_machines(file: str | Path, *, config: str | Path | None = None) -> Update:
    """Take sizes or prices that you know better into ``kfbridge-machines.csv`` beside the configuration.

    Raises:
        RequestError: A row cannot be read, by line; nothing was written.
    """
    from kfbridge.machines.update import update

    return update(Path(file), configuration.read(config).folder)


def targets(*, config: str | Path | None = None) -> list[TargetEntry]:
    """The targets of the configuration, by name, with what keeps each from being used."""
    from kfbridge import inventory

    return inventory.targets(configuration.read(config))


def backends() -> list[BackendEntry]:
    """The backends that are installed, by name, with what each lacks; also the plugins that could not be loaded."""
    from kfbridge import inventory

    return inventory.backends()


def doctor(
    *,
    target: str | Target | None = None,
    config: str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
    live: bool = False,
) -> Iterator[Checkup]:
    """Look whether a target is ready for runs, and say what cannot be looked at; one finding at a time.

    Args:
        target: Where runs would go.
        config: The configuration file to read instead of the kfbridge.toml found upwards.
        settings: Settings of the target for this call.
        live: Also run the smallest pipeline there and compare its outputs; costs what two short steps cost.
    """
    from kfbridge import inventory

    if target is None or isinstance(target, str):
        target = find_target(target, config=config, settings=settings)
    yield from inventory.examine(target)
    if live:
        yield _live(target)


# ----------------------------------------------------------------------------------------------------


def _live(target: Target) -> Checkup:
    from kfbridge.backends.base import Checkup
    from kfbridge.trial import EXPECTED, trial

    try:
        ended = run(trial, target=target).wait()
    except KfbridgeError as error:
        return Checkup("a trial run", False, error.reason, error.remedy or "")
    look = f"Look at it with: kfbridge status {ended.run_id}"
    if ended.state != "succeeded":
        return Checkup("a trial run", False, f"{ended.run_id} {ended.state}", look)
    if ended.outputs != EXPECTED:
        return Checkup("a trial run", False, f"{ended.run_id} gave {ended.outputs!r} instead of {EXPECTED!r}", look)
    return Checkup("a trial run", True, f"{ended.run_id} succeeded with the right outputs")


def _backend(target: str | Target | None, config: str | Path | None, settings: Mapping[str, Any] | None) -> Backend:
    from kfbridge import plugins
    from kfbridge.backends.base import ObservedBackend

    if target is None or isinstance(target, str):
        target = find_target(target, config=config, settings=settings)
    backend = plugins.backend(target.config.backend)(target)
    if isinstance(backend, ObservedBackend):
        backend.observer = plugins.run_observer()
    return backend


def _store(backend: Backend, run_id: str) -> RunStore:
    """Where a backend's runs leave their records; `run_id` is what was asked for."""
    from kfbridge.backends.base import RecordingBackend

    if not isinstance(backend, RecordingBackend):
        raise UsageError(
            f"The backend {backend.name!r} keeps no records of its runs.",
            remedy=f"Ask for what it knows with: kfbridge status {run_id}",
        )
    return backend.store


def _arguments(
    graph: Graph, arguments: Mapping[str, Any] | None, text_arguments: Mapping[str, str] | None
) -> dict[str, Any]:
    from kfbridge.graph.arguments import parse_arguments

    return {**(arguments or {}), **parse_arguments(graph, text_arguments or {})}


def _bound(graph: Graph, values: Mapping[str, Any], *, partial: bool = False) -> Mapping[str, Any]:
    from kfbridge.graph.arguments import bind_arguments

    return bind_arguments(graph, values, partial=partial)


def _refusal(planned: Plan) -> RefusedError:
    from kfbridge.backends.base import Level

    refused = [finding for finding in planned.findings if finding.level is Level.REFUSED]
    lines = "".join(f"\n  {line}" for finding in refused for line in _lines(finding))
    backend = planned.target.config.backend
    things = "one thing" if len(refused) == 1 else f"{len(refused)} things"
    return RefusedError(
        f"The target {planned.target.name!r} cannot do {things} that the pipeline {planned.pipeline!r} asks for; "
        f"nothing was started.{lines}",
        backend=backend,
    )


def _lines(finding: Finding) -> Iterator[str]:
    place = finding.task or "the pipeline"
    yield f"{place}: {finding.reason}"
    if finding.remedy:
        yield f"  {finding.remedy}"
