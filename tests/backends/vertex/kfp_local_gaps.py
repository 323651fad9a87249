"""What kfp.local of kfp 2.17.0 does not do, with the pipelines that need it. One that passes breaks the build.

The reasons are read from its messages; of most of them nobody has followed the cause into its code, so that a fault of
what was planned could stand behind one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from kfbridge.testing import Gap, never, notyet

CONTAINERS: Final = never("without Docker, kfp.local runs Python functions alone")
LAUNCHER: Final = never("kfp.local knows no {{$.json_escape[1]}}, and has no Vertex AI to start a custom job on")
DOUBLES: Final = never("kfp.local hands whole numbers in lists, and items of loops, to a step as doubles")
NULLS: Final = notyet("kfp.local takes no null as a value, or inside of one")
UNSET: Final = notyet("kfp.local does not take a pipeline's inputs without a value")
ONE_OF: Final = notyet("kfp.local has no OneOf of artifacts")
LISTS: Final = notyet("kfp.local does not collect artifacts from nested loops")
SKIPPED: Final = notyet("kfp.local fails where an iteration skips what is collected, or there is none")
PLACEHOLDERS: Final = notyet("kfp.local knows not all placeholders of a run, and takes text for placeholders")
ENDS: Final = never("kfp.local reads a file's \\r\\n as \\n")
KEYS: Final = notyet("kfp.local does not loop over a part of an item")
LONG: Final = never("kfp.local hands the executor input over on a command line, which Linux limits")
PATHS: Final = notyet("kfp.local forgets an artifact's own path")
RETRIES: Final = notyet("kfp.local hands an attempt's artifacts on otherwise")
TYPES: Final = notyet("kfp.local takes artifacts of the types system.* and google.* alone")
QUOTES: Final = notyet("kfp.local puts text into constants without escaping it")
FAILURES: Final = notyet("kfp.local gives a task nothing in place of what failed before it")
CACHE: Final = notyet("kfp.local keeps no cache")
NESTED: Final = notyet("kfp.local hands no artifact of a task into a nested pipeline")
ALONE: Final = notyet("kfp.local makes no final status where there is no task before")

_CASES: Final[Mapping[Gap, str]] = {
    CONTAINERS: "container_with_parameters container_with_artifacts optional_arguments container_output_is_typed "
    "container_environment component_of_a_file container_that_fails",
    LAUNCHER: "step_that_takes_too_long",
    FAILURES: "failure_ignored going_on_after_an_ignored_failure",
    CACHE: "second_run_is_cached artifacts_from_the_cache",
    NESTED: "artifacts_through_a_pipeline",
    DOUBLES: "typed_values_inside_constants text_with_several_channels pipeline_defaults loop_over_constants "
    "hundred_iterations deep_nesting",
    NULLS: "types_inside_lists nested_struct parameters_written_to_files environment_variables "
    "environment_of_one_task_only",
    UNSET: "unset_input_takes_the_component_default unset_input_through_a_nested_pipeline none_is_no_argument",
    ONE_OF: "one_of_artifacts one_of_artifacts_from_a_pipeline",
    LISTS: "collected_artifacts_from_nested_loops",
    SKIPPED: "empty_list collected_from_uneven_loops collected_of_skipped collected_of_all_skipped "
    "collected_artifacts_of_skipped",
    PLACEHOLDERS: "text_that_looks_like_a_placeholder placeholders_of_the_run time_of_the_run",
    ENDS: "exotic_text exotic_constant",
    KEYS: "loop_over_a_key_of_the_item",
    LONG: "long_text",
    PATHS: "artifact_at_a_path_of_its_own",
    RETRIES: "artifact_of_the_last_attempt",
    TYPES: "artifact_of_a_type_of_its_own",
    QUOTES: "text_inside_constants",
}

_FILES: Final[Mapping[Gap, str]] = {
    CONTAINERS: "argo_compatibility/fast_artifact critical/parameters_simple critical/pipeline_with_env "
    "critical/producer_consumer_param_pipeline essential/pipeline_with_after "
    "essential/placeholder_with_if_placeholder_none_input_value "
    "parallel_and_nested/pipeline_in_pipeline_loaded_from_yaml valid/container_io valid/container_with_artifact_output "
    "valid/container_with_concat_placeholder valid/containerized_python_component valid/mounted_cabundle_configmap "
    "valid/mounted_cabundle_secret valid/pipeline_with_dynamic_task_output_custom_training_job "
    "valid/pipeline_with_importer_and_gcpc_types valid/pipeline_with_task_final_status_yaml "
    "valid/run_as_user_cache_disabled valid/run_as_user_cache_enabled valid/sequential_v1 valid/sequential_v2 "
    "valid/two_step_pipeline valid/xgboost_sample_pipeline",
    LAUNCHER: "kubernetes/timeout",
    DOUBLES: "parallel_and_nested/pipeline_in_pipeline_complex valid/nested_with_parameters valid/parameters_complex "
    "valid/pipeline_producer_consumer",
    UNSET: "parallel_and_nested/nested_pipeline_opt_inputs_nil_compiled valid/arguments_parameters "
    "valid/components_with_optional_artifacts valid/input_artifact",
    ONE_OF: "critical/if_else_with_oneof_artifacts valid/if_else_with_oneof_artifacts",
    LISTS: "valid/collected_artifacts",
    SKIPPED: "valid/conditional_producer_and_consumers",
    PLACEHOLDERS: "critical/pipeline_with_placeholders valid/identity "
    "valid/pipeline_with_condition_dynamic_task_output_custom_training_job",
    PATHS: "critical/pipeline_with_artifact_custom_path",
    FAILURES: "valid/pipeline_with_task_using_ignore_upstream_failure",
    ALONE: "valid/component_with_task_final_status_GH-12033",
}


def _spread(gaps: Mapping[Gap, str]) -> dict[str, Gap]:
    return {name: gap for gap, names in gaps.items() for name in names.split()}


CASES: Final = _spread(_CASES)
FILES: Final = _spread(_FILES)
