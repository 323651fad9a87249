"""The settings of a Vertex AI target: the fields of a PipelineJob that belong to the place and not to the pipeline."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from kfbridge.target import ProviderConfig

LabelName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,62}$")]
LabelValue = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_-]{0,63}$")]


class Config(ProviderConfig):
    """A target with ``backend = "vertex"``. Credentials are Google's own (Application Default Credentials)."""

    backend: Literal["vertex"] = "vertex"
    project: str = Field(min_length=1, description="The Google Cloud project.", examples=["my-project"])
    location: str = Field(
        pattern=r"^[a-z]+(-[a-z]+)+\d+$", description="The region: us-central1.", examples=["us-central1"]
    )
    artifact_root: str = Field(
        pattern=r"^gs://.+",
        description="Where runs keep what they make: gs://BUCKET/FOLDER.",
        examples=["gs://my-bucket/runs"],
    )
    service_account: str | None = Field(
        None, description="The account that steps run as; the project's Compute Engine default account."
    )
    network: str | None = Field(
        None,
        pattern=r"^projects/[^/]+/global/networks/[^/]+$",
        description="The VPC network that steps are peered with: projects/NUMBER/global/networks/NAME.",
    )
    reserved_ip_ranges: tuple[str, ...] = Field((), description="Address ranges of that network for the steps.")
    psc_network_attachment: str | None = Field(
        None, description="A network attachment for Private Service Connect, instead of network."
    )
    encryption_key: str | None = Field(
        None, description="The Cloud KMS key that encrypts what the run keeps, of the same region."
    )
    labels: dict[LabelName, LabelValue] = Field({}, description="Labels of every run.")
    failure_policy: Literal["slow", "fast"] = Field(
        "slow", description="After a failed step: finish the independent branches (slow) or start nothing more (fast)."
    )
    cache: bool = Field(True, description="Whether steps that ask for caching are answered from earlier runs.")
    launcher_image: str | None = Field(
        None, description="The image that starts custom jobs, where Google's own must be mirrored."
    )

    preflight_validations: bool = Field(
        False, description="Whether Vertex AI looks at the steps before the run is made, and refuses it at once."
    )

    @model_validator(mode="after")
    def _one_network(self) -> Config:
        if self.network and self.psc_network_attachment:
            raise ValueError("excludes psc_network_attachment: a custom job takes one of network and the attachment")
        return self
