"""What kfbridge's engine gives every backend that it drives."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, Final

from kfbridge.plan.capabilities import Capabilities
from kfbridge.plan.support import Support, driven, refused

ENGINE: Final = frozenset(
    {
        *("nested_pipeline", "condition_on_input", "condition_on_output", "one_of", "order"),
        *("loop_over_constant", "loop_over_input", "loop_over_output", "loop_over_artifacts", "loop_parallelism"),
        *("collected_parameters", "collected_artifacts", "exit_handler", "final_status", "ignore_upstream_failure"),
        *("retry", "retry_of_group", "cache", "cache_key", "importer", "importer_of_output", "importer_reimport"),
        *("parameter", "exact_integer", "artifact", "artifact_list", "pipeline_output", "pipeline_artifact_input"),
        *("run_placeholder", "task_config", "image_at_run_time", "resources_at_run_time", "time_to_live"),
    }
)
"""Features that the engine has whatever runs the steps."""

_SETTINGS: Final = frozenset(
    {
        *("cpu_and_memory", "cpu_and_memory_request", "accelerator", "spot", "timeout", "shared_memory"),
        *(
            "node_selection",
            "pod_metadata",
            "image_pull",
            "security_context",
            "resource_claim",
            "run_timeout",
            "native",
        ),
    }
)
"""Features without which a step still does what it does."""


def driven_capabilities(**answers: Support) -> Capabilities:
    """The capabilities of a driven backend: what the engine has is driven, what is not answered is refused.

    Args:
        answers: The backend's own answers, by feature.
    """
    table: dict[str, Any] = {
        one.name: driven() if one.name in ENGINE else _absent(one.name)
        for one in fields(Capabilities)
        if one.name != "combinations"
    }
    return Capabilities(**{**table, **answers})


def _absent(feature: str) -> Support:
    return refused(
        f"it needs {feature}, which this backend does not have",
        "Remove the setting, or choose another target." if feature in _SETTINGS else "Choose another target.",
        loss=feature in _SETTINGS,
    )
