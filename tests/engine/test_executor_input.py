"""What an attempt is given, and what it leaves."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kfbridge.engine.context import RunContext
from kfbridge.engine.events import Artifact, Outputs
from kfbridge.engine.executor_input import command_line, executor_input
from kfbridge.engine.outputs import collect
from kfbridge.engine.runner import TaskInvocation
from kfbridge.errors import RunError
from kfbridge.graph.model import ArtifactPort, Component, Container, ParameterPort, ParameterType, Resources
from tests.engine.build import step

CONTEXT = RunContext("run-1", "pipeline", 0.0, {"pipeline_root": "gs://root"})
MODEL = Artifact("model", "system.Model", "gs://b/m", {"auc": 0.5}, "0.0.1")


class Layout:
    executor_output = "/o/executor_output.json"

    def artifact_uri(self, name: str) -> str:
        return f"/artifacts/{name}"

    def parameter_file(self, name: str) -> str:
        return f"/o/outputs/{name}"


def invocation(
    component: Component, parameters: dict[str, Any] | None = None, **artifacts: list[Artifact]
) -> TaskInvocation:
    assert isinstance(component.body, Container)
    return TaskInvocation(
        run_id="run-1",
        pipeline="pipeline",
        key="loop[0]/train",
        attempt=1,
        task="train",
        display_name="train",
        component=component.name,
        container=component.body,
        parameters=parameters or {},
        artifacts=artifacts,
        inputs=component.inputs,
        outputs=component.outputs,
    )


TRAIN = step(
    {"n": int, "text": (str, "x")},
    {"score": float},
    artifacts_in={"model": "system.Model"},
    artifacts_out={"data": ArtifactPort("system.Dataset", "0.0.2", metadata={"rows": 3})},
    command=("train", "{{$.inputs.artifacts['model'].path}}", '{"IfPresent": {"InputName": "text", "Then": ["-t"]}}'),
    args=("--executor_input", "{{$}}", "{{$.outputs.parameters['score'].output_file}}"),
    env=(("JOB", "{{$.pipeline_job_name}}"), ("ROOT", "{{$.pipeline_root}}")),
    resources=Resources(cpu_limit="{{$.inputs.parameters['n']}}", memory_limit="1Gi"),
)


def test_executor_input_has_kfps_form() -> None:
    assert executor_input(invocation(TRAIN, {"n": 2**60}, model=[MODEL]), Layout()) == {
        "inputs": {
            "parameterValues": {"n": 2**60},
            "artifacts": {
                "model": {
                    "artifacts": [
                        {
                            "name": "model",
                            "type": {"schemaTitle": "system.Model", "schemaVersion": "0.0.1"},
                            "uri": "gs://b/m",
                            "metadata": {"auc": 0.5},
                        }
                    ]
                }
            },
        },
        "outputs": {
            "parameters": {"score": {"outputFile": "/o/outputs/score"}},
            "artifacts": {
                "data": {
                    "artifacts": [
                        {
                            "name": "data",
                            "type": {"schemaTitle": "system.Dataset", "schemaVersion": "0.0.2"},
                            "uri": "/artifacts/data",
                            "metadata": {"rows": 3},
                        }
                    ]
                }
            },
            "outputFile": "/o/executor_output.json",
        },
    }


def test_the_command_line_has_no_placeholders_left() -> None:
    attempt = invocation(TRAIN, {"n": 4}, model=[MODEL])
    given = executor_input(attempt, Layout())
    line = command_line(attempt, given, CONTEXT)
    assert line.image == "image"
    assert line.command == ["train", "/gcs/b/m"]
    assert line.args == ["--executor_input", json.dumps(given), "/o/outputs/score"]
    assert line.env == {"JOB": "run-1", "ROOT": "gs://root"}
    assert line.resources == Resources(cpu_limit="4", memory_limit="1Gi")
    assert command_line(attempt, given, CONTEXT, path=lambda uri: f"/mnt/{uri[5:]}").command[1] == "/mnt/b/m"


def test_a_wrong_placeholder_in_a_command_names_the_task() -> None:
    attempt = invocation(step(command=("{{$.inputs.parameters['nobody']}}",)))
    with pytest.raises(RunError, match=r"loop\[0\]/train: the placeholder .* names nothing"):
        command_line(attempt, executor_input(attempt, Layout()), CONTEXT)


# Outputs ---------------------------------------------------------------------------------------------


def left(component: Component, written: Any = None, **files: str) -> Outputs:
    """What `collect` makes of an executor output (JSON data or text) and of the parameters' files."""
    attempt = invocation(component)
    text = written if written is None or isinstance(written, str) else json.dumps(written)
    return collect(attempt, executor_input(attempt, Layout()), lambda: text, files.get)


def test_a_value_in_the_executor_output_counts_before_the_parameters_own_file() -> None:
    component = step(outputs={"n": int, "m": int})
    assert left(component, {"parameterValues": {"n": 1}}, n="7", m="8").parameters == {"n": 1, "m": 8}


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (str, " a\n", " a\n"),
        (int, " 5\n", 5),
        (int, str(2**60 + 1), 2**60 + 1),
        (float, "2.5\n", 2.5),
        (bool, "True\n", True),
        (bool, "false", False),
        (list, "[1, 2]", [1, 2]),
        (dict, '{"a": 1}', {"a": 1}),
    ],
)
def test_a_parameters_file_is_read_by_its_type(kind: type, text: str, value: Any) -> None:
    found = left(step(outputs={"x": kind}), x=text).parameters["x"]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("kind", "text"), [(int, "five"), (float, ""), (bool, "maybe"), (list, "{}"), (dict, "[1]"), (list, "[")]
)
def test_a_file_that_does_not_fit_is_a_reason_to_fail(kind: type, text: str) -> None:
    with pytest.raises(RunError, match="what it wrote as output 'x' does not fit"):
        left(step(outputs={"x": kind}), x=text)


def test_a_missing_output_is_a_reason_to_fail_unless_it_is_optional() -> None:
    with pytest.raises(RunError, match="it ended without writing its output 'x'"):
        left(step(outputs={"x": int}))
    assert left(step(outputs={"x": ParameterPort(ParameterType.STRING, optional=True)})).parameters == {}


@pytest.mark.parametrize("written", ["not json", "[1]", {"parameterValues": {"x": "five"}}])
def test_an_executor_output_that_cannot_be_used_is_a_reason_to_fail(written: Any) -> None:
    with pytest.raises(RunError, match=r"executor output|output 'x'"):
        left(step(outputs={"x": int}), written, x="5")


def test_an_artifact_is_the_one_that_was_given_with_what_the_step_says_about_it() -> None:
    component = step(artifacts_out={"data": ArtifactPort("system.Dataset", "0.0.1", metadata={"rows": 3, "a": 1})})
    assert left(component).artifacts["data"] == [
        Artifact("data", "system.Dataset", "/artifacts/data", {"rows": 3, "a": 1}, "0.0.1")
    ]
    said = {"artifacts": [{"name": "mine", "uri": "/else", "metadata": {"rows": 4}, "custom_path": "/custom"}]}
    assert left(component, {"artifacts": {"data": said, "undeclared": said}}).artifacts == {
        "data": [Artifact("mine", "system.Dataset", "/else", {"rows": 4, "a": 1}, "0.0.1", "/custom")]
    }
