"""What this machine does with each thing that a pipeline can ask for; `findings` makes it exact for one pipeline."""

from __future__ import annotations

from typing import Final

from kfbridge.backends.driven import driven_capabilities
from kfbridge.backends.local.config import Containers
from kfbridge.plan.capabilities import Capabilities
from kfbridge.plan.limits import Limit, Limits
from kfbridge.plan.support import Support, driven, native, refused, rewritten

INSTEAD: Final = "Run it on a target whose backend is k8s, or remove the setting."

_UNDECIDED = refused(
    "it runs a container, and the target does not say how",
    'Set containers = "docker" (docker runs it) or "host" (its command runs here as a process).',
)
_LEFT_OUT = rewritten("has no meaning on this machine and is left out")
_NOT_RESERVED = rewritten("nothing is reserved on this machine; the step uses what is there")

CAPABILITIES: Final = driven_capabilities(
    python_function=driven("the function runs on this machine's Python; its image is not used"),
    packages=driven("packages are installed once for each set of them, into an environment that is kept"),
    installed_function=_UNDECIDED,
    container=_UNDECIDED,
    container_entrypoint=_UNDECIDED,
    environment=native(),
    importer_reimport=driven("every import is new; there is no store that would know an earlier one"),
    vendor_executor=refused(
        "its executor is one that only its own platform can carry out",
        "Run it on the platform that it was written for (Vertex AI).",
    ),
    vendor_placeholder=refused(
        "it takes a value from its platform that only Vertex AI gives",
        "Make it an input of the pipeline, and give it as an argument.",
    ),
    task_config=driven("the step is told its resources, variables, node selector and tolerations; no volumes"),
    cpu_and_memory=_NOT_RESERVED,
    cpu_and_memory_request=_NOT_RESERVED,
    accelerator=_NOT_RESERVED,
    resources_at_run_time=_NOT_RESERVED,
    spot=_LEFT_OUT,
    timeout=driven("an attempt that takes longer is ended"),
    shared_memory=_NOT_RESERVED,
    secret_env=driven("secrets are files in a folder of this machine"),
    secret_volume=driven("secrets are files in a folder of this machine, mounted for the step alone"),
    config_map_env=driven("config maps are files in a folder of this machine"),
    config_map_volume=driven("config maps are files in a folder of this machine, mounted for the step alone"),
    field_env=rewritten("the fields of the pod get stand-ins; there is no pod on this machine"),
    volume_claim=driven("a volume claim is a folder of this machine, mounted for the step alone"),
    volume_claim_lifecycle=driven("a volume claim is a folder of this machine"),
    ephemeral_volume=driven("a fresh folder, removed when the step has ended"),
    empty_dir=driven("a fresh folder, removed when the step has ended"),
    workspace=driven("the workspace is a folder of the run"),
    node_selection=_LEFT_OUT,
    pod_metadata=rewritten("labels and annotations are seen through the fields of the pod alone"),
    image_pull=_LEFT_OUT,
    security_context=_LEFT_OUT,
    init_container=refused(
        "it has an init container, and the target does not say how to run containers",
        'Set containers = "host" (its command runs here, without the image), or run it on a k8s target.',
    ),
    resource_claim=refused("there are no claims for devices on this machine", INSTEAD, loss=True),
    time_to_live=driven("nothing is left of a run but its folder, which stays until somebody removes it"),
    run_timeout=rewritten("the time limit of the run as a whole is not kept on this machine"),
    native=refused(
        "this machine has no settings of its own for a step",
        "Remove set_native('local', ...).",
        loss=True,
    ),
)
"""The answers for a target that does not say how to run containers."""

LIMITS: Final = Limits(
    argument=Limit(131_071, source="execve(2): MAX_ARG_STRLEN"),
    environment_value=Limit(131_000, source="execve(2): MAX_ARG_STRLEN, less the name of the variable"),
)

_IN_DOCKER = driven("docker runs the image")
_ON_HOST = driven("its command runs here as a process; the image is not used")
_NO_COMMAND = refused(
    "it has no command, and the entrypoint of its image is not known here",
    'Give the component a command, or set containers = "docker".',
)
_IN_IMAGE = refused(
    "its function lies in its image, which is not used here",
    'Set containers = "docker", or make it a component without target_image.',
)

_BY_CONTAINERS: Final[dict[Containers, dict[str, Support]]] = {
    Containers.REFUSE: {},
    Containers.DOCKER: dict.fromkeys(("installed_function", "container", "container_entrypoint"), _IN_DOCKER),
    Containers.HOST: {
        "installed_function": _IN_IMAGE,
        "container": _ON_HOST,
        "container_entrypoint": _NO_COMMAND,
        "init_container": driven("its command runs here before the step; the image is not used"),
    },
}


def capabilities(containers: Containers) -> Capabilities:
    """The answers for a target that says how to run containers."""
    return CAPABILITIES.but(**_BY_CONTAINERS[containers])
