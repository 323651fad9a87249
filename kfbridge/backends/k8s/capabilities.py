"""What Kubernetes Jobs do with each thing that a pipeline can ask for, and how much of it.

kfbridge's engine drives one Job for each attempt of a step: the flow is driven, what stands in a pod is native.
"""

from __future__ import annotations

from typing import Final

from kfbridge.backends.driven import driven_capabilities
from kfbridge.plan.limits import Limit, Limits
from kfbridge.plan.support import driven, native, refused, rewritten

_API: Final = "Kubernetes API reference"
_NAMES: Final = "Kubernetes documentation, Object Names and IDs"

CAPABILITIES: Final = driven_capabilities(
    retry=driven("each attempt is a Job of its own"),
    python_function=native(),
    packages=native("pip installs them when the step starts, which needs a network that reaches the index"),
    installed_function=native(),
    container=native(),
    container_entrypoint=native(),
    environment=native(),
    importer_reimport=driven("every import is new, as there is no store that would know an earlier one"),
    vendor_executor=refused(
        "its executor is one that only Vertex AI can carry out", "Run it on a target whose backend is vertex."
    ),
    vendor_placeholder=refused(
        "it takes a value from its platform that only Vertex AI gives",
        "Make it an input of the pipeline, and give it as an argument.",
    ),
    cpu_and_memory=native("limits of the container"),
    cpu_and_memory_request=native("requests of the container"),
    accelerator=native("the device plugin's resource, with the affinity and tolerations of nodes that have it"),
    spot=native("the affinity and tolerations of spot nodes, by the labels of the cluster's provider"),
    timeout=native("activeDeadlineSeconds of the pod: waiting for a node does not count", source=f"{_API}: PodSpec"),
    shared_memory=rewritten("an empty dir in memory, mounted at /dev/shm"),
    secret_env=native(),
    secret_volume=native(),
    config_map_env=native(),
    config_map_volume=native(),
    field_env=native(),
    volume_claim=native(),
    volume_claim_lifecycle=driven("the driver makes and deletes the claim"),
    ephemeral_volume=native(),
    empty_dir=native(),
    workspace=driven("the driver makes a claim that every pod of the run mounts"),
    node_selection=native(),
    pod_metadata=native(),
    image_pull=native(),
    security_context=native(),
    init_container=native(),
    resource_claim=native("from Kubernetes 1.34 on", source="resource.k8s.io/v1"),
    time_to_live=native("ttlSecondsAfterFinished of the Jobs", source=f"{_API}: JobSpec"),
    run_timeout=driven("the driver ends what still runs"),
    native=native("merged into the Job"),
)

RESOURCES: Final = frozenset({"cpu_and_memory", "cpu_and_memory_request", "accelerator", "spot"})
"""What the target's setting ``resources`` is about."""

NOT_ASKED: Final = rewritten('nothing is asked for, and any node takes the step: the target says resources = "none"')
"""The answer to each of them where it is ``none``."""

LIMITS: Final = Limits(
    run_name=Limit(63, r"[a-z0-9]([-a-z0-9]*[a-z0-9])?", source=f"{_NAMES}: RFC 1123 labels"),
    task_name=Limit(63, r"[a-z0-9]([-a-z0-9]*[a-z0-9])?", source=f"{_NAMES}: RFC 1123 labels"),
    argument=Limit(131_071, source="execve(2): MAX_ARG_STRLEN"),
    environment_name=Limit(None, r"[^=\x00]+", source=f"{_API}: EnvVar.name"),
    environment_value=Limit(131_000, source="execve(2): MAX_ARG_STRLEN, less the name of the variable"),
    label_name=Limit(63, r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?", source="Kubernetes documentation, Labels"),
    label_value=Limit(63, r"([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?", source="Kubernetes documentation, Labels"),
    document=Limit(1_572_864, source="etcd documentation, System limits: request size"),
)

CARRIED: Final = frozenset({"argument", "environment_name", "environment_value"})
"""The limits that things of the pipeline meet as they are; others meet what the driver makes of them."""
