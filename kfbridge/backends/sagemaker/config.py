"""The settings of a SageMaker target: what its jobs are given that belongs to the account and not to the pipeline."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from kfbridge.target import ProviderConfig


class Config(ProviderConfig):
    """A target with ``backend = "sagemaker"``. Credentials come from AWS's own chain (profile, environment, role)."""

    backend: Literal["sagemaker"] = "sagemaker"
    region: str = Field(
        pattern=r"^[a-z]{2}(-[a-z]+)+-\d$", description="The AWS region: us-east-1.", examples=["us-east-1"]
    )
    role_arn: str = Field(
        pattern=r"^arn:aws[a-z-]*:iam::\d{12}:role/.+$",
        description="The role that the pipeline and its jobs run as.",
        examples=["arn:aws:iam::123456789012:role/ml"],
    )
    artifact_root: str = Field(
        pattern=r"^s3://.+",
        description="Where runs keep what they make: s3://BUCKET/FOLDER.",
        examples=["s3://my-bucket/runs"],
    )
    profile: str | None = Field(None, description="The profile of the AWS configuration files.")
    images: dict[str, str] = Field(
        {},
        description="Images by what the pipeline says (a name, or a pattern with *); jobs take images of ECR alone.",
        examples=[{"*": "123456789012.dkr.ecr.us-east-1.amazonaws.com/*"}],
    )
    subnets: tuple[str, ...] = Field((), description="The subnets of the VPC that jobs run in; none: no VPC.")
    security_groups: tuple[str, ...] = Field((), description="Their security groups.")
    network_isolation: bool = Field(False, description="Whether jobs are kept from every network.")
    encrypt_traffic: bool = Field(False, description="Whether traffic between the machines of a job is encrypted.")
    volume_kms_key: str | None = Field(None, description="The KMS key of the jobs' volumes.")
    output_kms_key: str | None = Field(None, description="The KMS key of what jobs write to S3.")
    volume_size_gb: int = Field(30, ge=1, le=16_384, description="The volume of every job, in GB.")
    tags: dict[str, str] = Field({}, description="Tags of the pipeline and its jobs.")
    parallel: int | None = Field(None, ge=1, description="How many steps run at once (MaxParallelExecutionSteps).")
    cache: bool = Field(True, description="Whether steps that ask for caching are answered from earlier runs.")
    cache_expiry: str = Field(
        "P30D",
        pattern=r"^P(\d+[YMWD])+(T(\d+[HMS])+)?$|^PT(\d+[HMS])+$",
        description="How long cached steps hold (ISO 8601).",
    )
    step_quota: int = Field(50, ge=1, description="The steps that the account may have in a pipeline.")

    @model_validator(mode="after")
    def _whole_vpc(self) -> Config:
        if bool(self.subnets) != bool(self.security_groups):
            raise ValueError("is half a VPC: give subnets and security_groups, or neither")
        return self
