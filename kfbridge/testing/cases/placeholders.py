"""What a step is told about its run, and what it is given to run with."""

from __future__ import annotations

from typing import NamedTuple

from kfbridge import dsl
from kfbridge.testing.case import case
from kfbridge.testing.cases.steps import echo


@dsl.component
def all_there(values: list) -> list[bool]:
    return [isinstance(value, str) and value != "" and "{{" not in value for value in values]


@dsl.component
def same_text(values: list) -> bool:
    return len(set(values)) == 1


@dsl.component
def different(values: list) -> bool:
    return len(set(values)) == len(values)


@dsl.component
def seconds_ago(time: str) -> bool:
    from datetime import datetime, timezone

    parsed = datetime.fromisoformat(time.replace("Z", "+00:00"))
    age = (datetime.now(timezone.utc) - parsed).total_seconds()
    assert -5 < age < 24 * 3600, (time, age)
    return True


class Environments(NamedTuple):
    one: list
    other: list


@dsl.component
def environment(names: list) -> list:
    import os

    return [os.environ.get(name) for name in names]


@dsl.component(
    task_config_passthroughs=[
        dsl.TaskConfigField.RESOURCES,
        dsl.TaskConfigPassthrough(field=dsl.TaskConfigField.ENV, apply_to_task=True),
    ]
)
def settings(config: dsl.TaskConfig) -> dict:
    import os

    return {
        "resources": config.resources,
        "env": {variable["name"]: variable["value"] for variable in config.env},
        "own": os.environ.get("CASE_CONFIG"),
    }


@dsl.component(embedded_artifact_path=__file__)
def first_line(code: dsl.EmbeddedInput[dsl.Dataset]) -> str:
    with open(code.path, encoding="utf-8") as file:
        return file.readline().strip()


def doubled(text: str) -> str:
    return text * 2


@dsl.component(additional_funcs=[doubled])
def uses_a_helper(text: str) -> str:
    return doubled(text)


@case(
    "placeholders",
    ran="echo all-there",
    outputs={"Output": [True] * 9},
)
def placeholders_of_the_run() -> list[bool]:
    """The run's and the step's names and ids, the pipeline's root and times are known to a step."""
    echo(text=f"run {dsl.PIPELINE_JOB_NAME_PLACEHOLDER} of {dsl.PIPELINE_ROOT_PLACEHOLDER}")
    return all_there(
        values=[
            dsl.PIPELINE_JOB_NAME_PLACEHOLDER,
            dsl.PIPELINE_JOB_RESOURCE_NAME_PLACEHOLDER,
            dsl.PIPELINE_JOB_ID_PLACEHOLDER,
            dsl.PIPELINE_TASK_NAME_PLACEHOLDER,
            dsl.PIPELINE_TASK_ID_PLACEHOLDER,
            dsl.PIPELINE_ROOT_PLACEHOLDER,
            dsl.PIPELINE_JOB_CREATE_TIME_UTC_PLACEHOLDER,
            dsl.PIPELINE_JOB_SCHEDULE_TIME_UTC_PLACEHOLDER,
            f"{dsl.PIPELINE_TASK_NAME_PLACEHOLDER} at {dsl.PIPELINE_JOB_CREATE_TIME_UTC_PLACEHOLDER}",
        ]
    ).output


@case("placeholders", ran="echo echo-2 same-text", outputs={"Output": True})
def every_step_knows_the_same_run() -> bool:
    """All steps of a run are told the same id."""
    ids = [echo(text=dsl.PIPELINE_JOB_ID_PLACEHOLDER).output for _ in range(2)]
    return same_text(values=ids).output


@case("placeholders", ran="echo echo-2 different", outputs={"Output": True})
def every_step_knows_itself() -> bool:
    """Each step is told its own id."""
    return different(values=[echo(text=dsl.PIPELINE_TASK_ID_PLACEHOLDER).output for _ in range(2)]).output


@case("placeholders", ran="seconds-ago", outputs={"Output": True})
def time_of_the_run() -> bool:
    """The time at which the run was made is in ISO form, UTC."""
    return seconds_ago(time=dsl.PIPELINE_JOB_CREATE_TIME_UTC_PLACEHOLDER).output


@case("env", ran="environment", outputs={"Output": ["plain", "a b=c 'd' \"e\" ü $HOME", None]})
def environment_variables() -> list:
    """Environment variables of a task reach its step, as they are."""
    task = environment(names=["CASE_PLAIN", "CASE_ODD", "CASE_UNSET"])
    task.set_env_variable("CASE_PLAIN", "plain").set_env_variable("CASE_ODD", "a b=c 'd' \"e\" ü $HOME")
    return task.output


@case("env", ran="environment environment-2", outputs={"one": ["one"], "other": [None]})
def environment_of_one_task_only() -> Environments:
    """The variables of one task are not those of another that calls the same component."""
    first = environment(names=["CASE_ONE"]).set_env_variable("CASE_ONE", "one")
    second = environment(names=["CASE_ONE"]).after(first)  # a cache must not take one for the other
    return Environments(first.output, second.output)


@case("additional_funcs", ran="uses-a-helper", outputs={"Output": "abab"})
def helper_functions() -> str:
    """A component may bring functions along."""
    return uses_a_helper(text="ab").output


@case("embedded_artifact_path", ran="first-line", outputs={"Output": __doc__.join(['"""'] * 2)})
def embedded_file() -> str:
    """A file may travel inside of a component."""
    return first_line().output


@case("resources", ran="echo echo-2", outputs={"Output": "x"})
def requested_resources() -> str:
    """A modest request for processors and memory stops no run; it may come from an output."""
    asked = echo(text="256M")
    asked.set_cpu_request("0.1").set_cpu_limit("1").set_memory_request("64M").set_memory_limit("512M")
    return echo(text="x").set_memory_limit(asked.output).output


@case(
    "TaskConfig",
    ran="settings",
    outputs={
        "Output": {
            "resources": {"limits": {"cpu": "1", "memory": "256M"}},
            "env": {"CASE_CONFIG": "mine"},
            "own": "mine",
        }
    },
)
def settings_passed_through() -> dict:
    """A component may be told its task's own settings; a setting may hold for the step as well."""
    task = settings().set_cpu_limit("1").set_memory_limit("256M").set_env_variable("CASE_CONFIG", "mine")
    return task.output
