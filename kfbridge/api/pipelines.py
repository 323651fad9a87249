"""Pipelines: found, compiled, checked, planned, compared and run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kfbridge import config as configuration
from kfbridge.api.shared import all_arguments, backend_of, bound, refusal
from kfbridge.errors import UsageError
from kfbridge.source import Source
from kfbridge.source import load as load_source

if TYPE_CHECKING:
    from kfbridge.api.shared import Pipeline
    from kfbridge.backends.base import Plan, Run, Target
    from kfbridge.graph.model import Graph
    from kfbridge.plan.compare import Comparison
    from kfbridge.plan.verdict import Verdict
    from kfbridge.spec.read import Document


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
    defaults = all_arguments(documents.graph(document), arguments, text_arguments)
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
    backend = backend_of(target, config, settings)
    document, given = _read(pipeline, arguments, text_arguments)
    return _placed(document, backend.plan(*given))


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
    given = bound(graph, {**document.arguments, **all_arguments(graph, arguments, text_arguments)}, partial=True)
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
    asked = [backend_of(target, config, settings) for target in chosen]
    document, given = _read(pipeline, arguments, text_arguments)
    return side_by_side([_placed(document, backend.plan(*given)) for backend in asked])


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
        raise refusal(planned)
    return backend_of(planned.target, None, None).submit(planned, run_id)


def _placed(document: Document, planned: Plan) -> Plan:
    """A plan whose refusals say where their tasks stand."""
    from kfbridge import documents

    return replace(planned, findings=documents.placed(document, planned.findings))


def _read(
    pipeline: Pipeline, arguments: Mapping[str, Any] | None, text_arguments: Mapping[str, str] | None
) -> tuple[Document, tuple[Graph, Mapping[str, Any], str]]:
    """A pipeline, and what a backend plans with: its graph, the arguments that it runs with, and its compiled text."""
    from kfbridge import documents

    source = load(pipeline)
    document = documents.read(source)
    graph = documents.graph(document)
    values = {**document.arguments, **all_arguments(graph, arguments, text_arguments)}
    return document, (graph, bound(graph, values), documents.text(source, document))
