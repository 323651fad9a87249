"""The backend for SageMaker Pipelines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Final

from kfbridge.backends.images import mapped
from kfbridge.backends.provider import ProviderBackend
from kfbridge.backends.sagemaker.capabilities import CAPABILITIES, CARRIED, LIMITS
from kfbridge.backends.sagemaker.config import Config as SageMakerConfig
from kfbridge.backends.sagemaker.machines import choose
from kfbridge.backends.uris import foreign_uris
from kfbridge.findings import Finding, Level
from kfbridge.graph.model import Container, Graph
from kfbridge.machines.offer import Offer
from kfbridge.machines.override import NONE, Overrides
from kfbridge.machines.request import MachineRequest
from kfbridge.plan.capabilities import Capabilities
from kfbridge.plan.groups import loop_feature
from kfbridge.plan.limits import Limit, Limits
from kfbridge.plan.needs import Need
from kfbridge.plan.origins import NAMED
from kfbridge.plan.support import Support, native, refused
from kfbridge.target import BackendConfig, Target

_ECR: Final = re.compile(r"\d{12}\.dkr\.ecr(-fips)?\.[a-z0-9-]+\.amazonaws\.com(\.cn)?/.+")
_STEPS: Final = ("python_function", "installed_function", "container", "container_entrypoint")


class SageMakerBackend(ProviderBackend):
    """Pipelines as SageMaker pipelines, steps as Processing and Training jobs."""

    name: ClassVar[str] = "sagemaker"
    Config: ClassVar[type[BackendConfig]] = SageMakerConfig
    title: ClassVar[str] = "SageMaker"
    modules: ClassVar[Mapping[str, str]] = {"boto3": "kfbridge[sagemaker]"}
    carried: ClassVar[frozenset[str]] = CARRIED
    capabilities: Capabilities = CAPABILITIES
    limits: Limits = LIMITS

    def __init__(self, target: Target) -> None:
        super().__init__(target)
        assert isinstance(target.config, SageMakerConfig)
        self.config = target.config
        quota = Limit(self.config.step_quota, source="step_quota of the target", soft=True)
        if "step_quota" in self.config.model_fields_set:
            self.limits = replace(LIMITS, tasks=quota)

    def choose(self, request: MachineRequest, overrides: Overrides = NONE, folder: Path | None = None) -> Offer:
        """An instance type, for a Processing or a Training job."""
        return choose(request, overrides, folder)

    def answers(self, need: Need, answer: Support) -> Iterator[Support]:
        """Output parameters need the launcher, to bring them to S3; a ForEach step counts its iterations itself."""
        component = need.subject.component if need.subject else None
        if need.feature == "container_entrypoint" and component is not None and component.outputs.parameters:
            yield refused(
                "its entrypoint is not known here, so nothing can bring its output parameters to S3",
                "Give the component a command.",
            )
        elif need.feature == "loop_parallelism" and need.subject is not None:
            dynamic = loop_feature(need.subject, need.groups) == "loop_over_output"
            yield native("MaxConcurrency of the ForEach step") if dynamic else answer
        else:
            yield answer

    def own_findings(self, graph: Graph, needs: tuple[Need, ...], arguments: Mapping[str, Any]) -> Iterator[Finding]:
        """Images that jobs cannot pull, and data that they cannot stage."""
        for need in needs:
            body = need.subject.component.body if need.subject else None
            if need.feature in _STEPS and isinstance(body, Container) and NAMED not in body.image:
                yield from self._image_findings(need.task, mapped(body.image, self.config.images))
        yield from foreign_uris(graph, needs, arguments, ("s3://",), "SageMaker jobs stage data of S3 alone")

    def _image_findings(self, task: str, image: str) -> Iterator[Finding]:
        if not _ECR.fullmatch(image):
            yield Finding(
                "image",
                task,
                Level.REFUSED,
                f"its image {image} is not in ECR, from which alone SageMaker jobs pull",
                "Copy it to a repository of ECR, and name that in images of the target.",
            )
