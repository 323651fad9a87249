"""The settings of an Azure ML target: what a pipeline job is given that belongs to the workspace."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from kfbridge.target import ProviderConfig

SERVERLESS = "serverless"


class Config(ProviderConfig):
    """A target with ``backend = "azureml"``. Credentials come from Azure's own chain (environment, CLI, identity)."""

    backend: Literal["azureml"] = "azureml"
    subscription_id: str = Field(
        pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$",
        description="The subscription.",
        examples=["00000000-0000-0000-0000-000000000000"],
    )
    resource_group: str = Field(min_length=1, description="The workspace's resource group.", examples=["ml"])
    workspace: str = Field(min_length=1, description="The workspace.", examples=["prod"])
    artifact_root: str = Field(
        pattern=r"^azureml://datastores/[^/]+/paths/.+",
        description="Where runs keep what they make: azureml://datastores/NAME/paths/FOLDER.",
        examples=["azureml://datastores/workspaceblobstore/paths/runs"],
    )
    compute: str = Field(
        SERVERLESS, description="Where steps run: serverless, or the name of a cluster, whose own size they get."
    )
    instance_types: dict[str, str] = Field(
        {}, description="On attached Kubernetes: InstanceType resources by accelerator name, or cpu."
    )
    identity: Literal["user", "managed", "token"] = Field("user", description="Whose rights steps have.")
    managed_identity: str | None = Field(None, description='The client id, with identity = "managed".')
    control_flow: Literal["ga", "preview"] = Field(
        "ga", description="Conditions and loops by what is generally available, or by nodes in private preview."
    )
    experiment: str | None = Field(None, description="The experiment that runs belong to; the pipeline's name.")
    tags: dict[str, str] = Field({}, max_length=50, description="Tags of every run.")
    failure_policy: Literal["slow", "fast"] = Field(
        "slow", description="After a failed step: finish the independent branches (slow) or start nothing more (fast)."
    )
    cache: bool = Field(True, description="Whether steps that ask for caching are answered from earlier runs.")

    @model_validator(mode="after")
    def _identities(self) -> Config:
        if self.managed_identity and self.identity != "managed":
            raise ValueError('needs identity = "managed" beside managed_identity')
        if self.compute == SERVERLESS and self.instance_types:
            raise ValueError("has instance_types, which are for a Kubernetes cluster: name it in compute")
        return self
