"""What this machine says about one pipeline: the table's answers, made exact by what lies on this machine."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from typing import Any

from kfbridge.backends.base import Finding, Level
from kfbridge.backends.driven.imports import is_elsewhere
from kfbridge.backends.local.capabilities import LIMITS, capabilities
from kfbridge.backends.local.config import Config, Containers, Places
from kfbridge.backends.local.functions import function_of
from kfbridge.backends.local.kubernetes import Asked, setting_answers
from kfbridge.backends.local.mounting import obstacle
from kfbridge.backends.local.names import Scope
from kfbridge.backends.local.workspace import is_out_of_reach
from kfbridge.engine.placeholders import has_placeholder
from kfbridge.graph.model import Constant, Container, Foreign, Graph, Importer
from kfbridge.graph.volumes import CREATE_VOLUME, volume_stub
from kfbridge.graph.workspace import has_workspace
from kfbridge.plan.check import check, refusals_first
from kfbridge.plan.limits import Measure, check_limits
from kfbridge.plan.needs import Need, features
from kfbridge.plan.support import Support, driven, refused, rewritten
from kfbridge.runtime.artifacts import WORKSPACE

PORTABLE: Mapping[str, str] = {
    "spot": "has no meaning on this machine and is left out",
    "accelerator": "is not reserved on this machine; the step uses what is there",
    "sharedMemory": "is not reserved on this machine",
}
"""What becomes of settings under ``platforms.kfbridge`` that this machine has no use for."""


def findings(
    graph: Graph, config: Config, places: Places, arguments: Mapping[str, Any] | None = None
) -> tuple[Finding, ...]:
    """What the local backend has to say about a pipeline: refusals first.

    Raises:
        UsageError: The target allows the loss of something that is no feature.
    """
    needs = features(graph, arguments, "local")
    exact = _Exact(graph, config, places, arguments or {}, needs)
    found = check(capabilities(config.containers), needs, exact.answers, allow_loss=config.allow_loss)
    return refusals_first(found + check_limits(LIMITS, exact.measures(needs)))


class _Exact:
    """The answers for the needs of one pipeline on one target."""

    def __init__(
        self, graph: Graph, config: Config, places: Places, arguments: Mapping[str, Any], needs: tuple[Need, ...]
    ) -> None:
        self.graph = graph
        self.config = config
        self.places = places
        self.arguments = arguments
        self.makes_volumes = any(
            isinstance(body := _body(need), Container) and volume_stub(body) == CREATE_VOLUME for need in needs
        )

    def answers(self, need: Need, answer: Support) -> Iterator[Support]:
        """What is said of a need; `answer` is the table's."""
        if need.feature in _EXACT and (need.setting is None or need.feature == "workspace"):
            yield from _EXACT[need.feature](self, need, answer)
        elif need.setting is not None and need.setting.platform == "kubernetes" and need.subject is not None:
            yield from setting_answers(self.asked(need), answer)
        elif need.setting is not None and need.setting.key in PORTABLE:
            yield rewritten(f"{need.setting.name} {PORTABLE[need.setting.key]}")
        else:
            yield answer

    def asked(self, need: Need) -> Asked:
        assert need.setting is not None and need.subject is not None
        body = need.subject.component.body
        return Asked(
            key=need.setting.key,
            value=need.setting.value,
            scope=Scope(self.graph.root, self.arguments, need.groups),
            places=self.places,
            makes_volumes=self.makes_volumes,
            in_docker=self.config.containers is Containers.DOCKER
            and isinstance(body, Container)
            and function_of(body) is None,
            on_host=self.config.containers is Containers.HOST,
        )

    def measures(self, needs: tuple[Need, ...]) -> Iterator[Measure]:
        """The words that a process of this machine is started with, where it is not a Python function."""
        for need in needs:
            body = _body(need)
            if need.feature == "container" and isinstance(body, Container):
                for word in (*body.command, *body.args):
                    yield Measure("argument", word, "a word of its command", need.task)
            if need.feature == "environment" and isinstance(body, Container):
                for name, value in body.env:
                    yield Measure("environment_value", value, f"the variable {name}", need.task)

    def function(self, need: Need, answer: Support) -> Iterator[Support]:
        image = _image(need)
        yield driven(f"the function runs here on Python {platform.python_version()}; the image {image} is not used")

    def container(self, need: Need, answer: Support) -> Iterator[Support]:
        """Containers, also those whose function lies in the image: all that differs is how they are named."""
        image = _image(need)
        match self.config.containers, need.feature:
            case Containers.REFUSE, _:
                reason = f"it runs the container {image}, and the target does not say how"
            case Containers.HOST, "installed_function":
                reason = f"its function lies in the image {image}, which is not used here"
            case Containers.HOST, "container_entrypoint":
                reason = f"it has no command, and the entrypoint of the image {image} is not known here"
            case Containers.HOST, _:
                reason = f"its command runs here as a process; the image {image} is not used"
            case _:
                reason = answer.reason
        yield Support(answer.level, reason, answer.remedy, answer.loss)

    def vendor(self, need: Need, answer: Support) -> Iterator[Support]:
        body = _body(need)
        assert isinstance(body, Foreign)
        reason = f"its executor is a {body.kind}, which only its own platform can carry out"
        yield refused(reason, answer.remedy)

    def volume(self, need: Need, answer: Support) -> Iterator[Support]:
        yield driven(f"the volume claim is a folder in {self.places.volumes}")

    def machine(self, need: Need, answer: Support) -> Iterator[Support]:
        """One note for all that a step asks of a machine in KFP's own words."""
        body = _body(need)
        assert isinstance(body, Container)
        requests = {one.name: getattr(body.resources, one.name) for one in fields(body.resources)}
        asked = [f"{name.replace('_', ' ')} {value}" for name, value in requests.items() if value]
        yield rewritten(f"{', '.join(asked)} {'are' if len(asked) > 1 else 'is'} not reserved on this machine")

    def workspace(self, need: Need, answer: Support) -> Iterator[Support]:
        body = _body(need)
        if isinstance(body, Importer) and body.download_to_workspace:
            yield self.download(body)
        elif need.setting is not None and (why := obstacle()):
            yield Support(
                Level.REWRITTEN,
                f"the workspace is a folder of the run, but not at {WORKSPACE}, where nothing can be mounted: {why}",
                "Let steps take its path from dsl.WORKSPACE_PATH_PLACEHOLDER.",
            )
        elif need.setting is not None:
            yield driven(f"the workspace is a folder of the run, mounted at {WORKSPACE}")
        else:
            yield answer

    def importer(self, need: Need, answer: Support) -> Iterator[Support]:
        body = _body(need)
        uri = _uri(body) if isinstance(body, Importer) and not body.download_to_workspace else ""
        yield driven(f"{uri} is copied into the run's folder for a step that reads it") if is_elsewhere(uri) else answer

    def download(self, importer: Importer) -> Support:
        uri = _uri(importer)
        if not has_workspace(self.graph):
            remedy = "Give the pipeline one: PipelineConfig(workspace=WorkspaceConfig(...))."
            return refused("it imports into the workspace, and there is none", remedy)
        if is_out_of_reach(uri):
            reason = f"it copies {uri} into the workspace, which lies neither here nor at a store that kfbridge opens"
            return refused(reason, "Fetch it, and give a local path as the artifact's URI.")
        return driven("the data are copied into the run's workspace when a step reads them")


def _uri(importer: Importer) -> str:
    """What an importer brings in; empty where that is not known before the run."""
    source = importer.uri.source
    return str(source.value) if isinstance(source, Constant) and not has_placeholder(source.value) else ""


_EXACT: Mapping[str, Callable[[_Exact, Need, Support], Iterator[Support]]] = {
    "python_function": _Exact.function,
    "installed_function": _Exact.container,
    "container": _Exact.container,
    "container_entrypoint": _Exact.container,
    "vendor_executor": _Exact.vendor,
    "volume_claim_lifecycle": _Exact.volume,
    "cpu_and_memory": _Exact.machine,
    "cpu_and_memory_request": _Exact.machine,
    "accelerator": _Exact.machine,
    "resources_at_run_time": _Exact.machine,
    "importer": _Exact.importer,
    "workspace": _Exact.workspace,
}
"""Features whose answer names what the task asks for, or what lies on this machine."""


def _body(need: Need) -> Any:
    return need.subject.component.body if need.subject is not None else None


def _image(need: Need) -> str:
    body = _body(need)
    return body.image if isinstance(body, Container) else ""
