"""The settings of a Kubernetes target: which cluster, and what every Job is given there."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from kfbridge.backends.driven.config import DrivenConfig
from kfbridge.target import ProviderConfig

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$")]


class Config(DrivenConfig, ProviderConfig):
    """A target with ``backend = "k8s"``. Credentials are those of the kubeconfig, or of the pod's account."""

    backend: Literal["k8s"] = "k8s"
    artifact_root: str = Field(
        pattern=r"^(pvc|s3|minio|gs|az|wasbs|abfss)://.+",
        description="Where runs keep what they make: pvc://CLAIM/FOLDER, or a bucket.",
        examples=["pvc://kfbridge-artifacts/runs"],
    )
    access_mode: Literal["ReadWriteMany", "ReadWriteOnce"] = Field(
        "ReadWriteMany", description="How pods share the claim of artifact_root; Once: all of them on one node."
    )
    storage_secrets: tuple[Name, ...] = Field(
        (), description="Secrets whose keys are variables of what copies data, and of the driver: credentials."
    )
    kubeconfig: str | None = Field(None, description="The kubeconfig file; KUBECONFIG, or ~/.kube/config.")
    context: str | None = Field(None, description="The context in it; the current one.")
    namespace: Name | None = Field(None, description="The namespace; the context's own.")
    service_account: Name | None = Field(None, description="The account that steps run as; the namespace's default.")
    driver: Literal["cluster", "client"] = Field(
        "cluster", description="What drives a run: a Job in the cluster, or this process (client)."
    )
    driver_service_account: Name | None = Field(None, description="The account of the driver, which makes Jobs.")
    runtime_image: str | None = Field(None, description="The image that stages inputs and outputs beside a step.")
    flavour: Literal["gke", "eks", "eks-karpenter", "aks", "gfd", "amd", "dra"] | None = Field(
        None, description="The kind of cluster, whose labels select machines; every kind's, when left out."
    )
    resources: Literal["asked", "none"] = Field(
        "asked",
        description="What steps ask of nodes; none: no processors, memory, accelerators and spot nodes, for a cluster "
        "on which pipelines are tried out.",
    )
    queue: str | None = Field(None, description="The queue that steps wait in.")
    queue_system: Literal["kueue", "volcano"] = Field("kueue", description="Whose queue it is.")
    priority_class: str | None = Field(None, description="The priority class of steps.")
    image_pull_secrets: tuple[str, ...] = Field((), description="Secrets to pull every image with.")
    image_pull_policy: Literal["Always", "IfNotPresent", "Never"] | None = Field(
        None, description="When images are pulled; Kubernetes' own rule."
    )
    labels: dict[str, str] = Field({}, description="Labels of every Job and pod.")
    annotations: dict[str, str] = Field({}, description="Annotations of every pod.")
    node_selector: dict[str, str] = Field({}, description="Labels that every node must have.")
    tolerations: tuple[dict[str, Any], ...] = Field((), description="Taints that every pod puts up with.")
    parallel: int | None = Field(None, ge=1, description="How many steps run at once; as many as there are.")
    pod_security: Literal["restricted", "baseline"] = Field(
        "restricted",
        description="The Pod Security Standard that steps satisfy; under baseline, root in an image is root.",
    )
    run_as_user: int = Field(65_532, ge=1, description="The user that runs images whose own user is root (restricted).")
    fs_group: int = Field(
        65_532, ge=0, description="The group that volumes are given to, so that steps can write; 0: none."
    )
    waiting_seconds: int | None = Field(
        1_800,
        ge=1,
        description="How long a step may wait for what the cluster says it lacks (a node, quota, a volume); none: for "
        "ever. Waiting in a queue does not count.",
    )
    image_seconds: int | None = Field(
        300, ge=1, description="How long a step may wait for an image that cannot be pulled; none: for ever."
    )
    keep_seconds: int | None = Field(
        86_400,
        ge=0,
        description="How long ended Jobs stay (ttlSecondsAfterFinished); none: until somebody removes them.",
    )
    grace_seconds: int = Field(
        5,
        ge=0,
        description="How long a step that is stopped may take to end, and to save its state.",
    )
