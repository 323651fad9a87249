"""What a function gets and what becomes of what it returns; the outcomes are those of KFP 2.17's executor."""

from __future__ import annotations

import json
from collections import namedtuple
from collections.abc import Callable
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional

import pytest

from kfbridge.runtime.annotations import (
    EmbeddedInput,
    Input,
    InputPath,
    Output,
    OutputPath,
    PipelineTaskFinalStatus,
    TaskConfig,
)
from kfbridge.runtime.artifacts import Artifact, Dataset, Metrics, Model, get_uri
from kfbridge.runtime.executor import Executor, StepError
from tests.runtime.steps import artifact, executor_input


def run(function: Callable[..., Any], task: dict[str, Any]) -> dict[str, Any]:
    """Execute, and give the ExecutorOutput."""
    path = Executor(executor_input=task, function_to_execute=function).execute()
    assert path is not None
    return json.loads(Path(path).read_text())  # type: ignore[no-any-return]


def value(function: Callable[..., Any], task: dict[str, Any]) -> Any:
    """Execute, and give the value of the one output."""
    return run(function, task)["parameterValues"]["Output"]


# Parameters -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("given", ["text", "", 0, 2**60 + 1, 2.5, True, False, {"a": [1]}, {}, [1, "a"], []])
def test_parameters_arrive_as_they_are(tmp_path: Path, given: Any) -> None:
    def f(x: Any) -> dict:
        return {"x": x, "type": type(x).__name__}

    assert value(f, executor_input(tmp_path, {"x": given})) == {"x": given, "type": type(given).__name__}


def test_an_integer_stays_exact_and_one_that_came_as_a_double_becomes_an_integer(tmp_path: Path) -> None:
    def f(x: int, y: int, z: float) -> list:
        return [repr(x), repr(y), repr(z)]

    task = executor_input(tmp_path, {"x": 9007199254740993, "y": 6.0, "z": 6.0})
    assert value(f, task) == ["9007199254740993", "6", "6.0"]


def test_null_and_absent_leave_the_default(tmp_path: Path) -> None:
    def f(x: int = 7, y: Optional[str] = "default") -> list:
        return [x, y]

    assert value(f, executor_input(tmp_path, {"x": None})) == [7, "default"]


def test_an_optional_without_a_default_is_none(tmp_path: Path) -> None:
    def f(x: Optional[str], y: str | None) -> list:
        return [x, y]

    assert value(f, executor_input(tmp_path)) == [None, None]


def test_a_missing_parameter_is_named(tmp_path: Path) -> None:
    def f(x: int) -> int:
        return x

    with pytest.raises(StepError, match="Function `f` needs a value for `x`"):
        run(f, executor_input(tmp_path))


def test_keyword_only_arguments_and_catch_alls(tmp_path: Path) -> None:
    def f(*args: int, x: int, **kwargs: int) -> list:
        return [args, x, kwargs]

    assert value(f, executor_input(tmp_path, {"x": 1})) == [[], 1, {}]


def test_annotations_as_text_are_understood(tmp_path: Path) -> None:
    scope: dict[str, Any] = {}
    exec(
        "from __future__ import annotations\n"
        "from kfbridge.runtime.annotations import Input\n"
        "from kfbridge.runtime.artifacts import Dataset\n"
        "def f(d: Input[Dataset], n: int) -> float:\n    return len(d.uri) + n\n",
        scope,
    )
    task = executor_input(tmp_path, {"n": 1}, {"d": artifact(tmp_path, "d", uri="four")})
    assert value(scope["f"], task) == 5


def test_names_of_types_from_old_components_are_accepted(tmp_path: Path) -> None:
    def f(x: JsonObject) -> dict:  # type: ignore[name-defined]  # noqa: F821
        return x

    assert value(f, executor_input(tmp_path, {"x": {"a": 1}})) == {"a": 1}


def test_a_component_object_is_called_through_its_function(tmp_path: Path) -> None:
    class Component:
        @staticmethod
        def python_func() -> int:
            return 3

    assert value(Component(), executor_input(tmp_path)) == 3  # type: ignore[arg-type]


# What the platform fills in -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "status",
    [
        {"state": "FAILED", "pipelineJobResourceName": "job", "pipelineTaskName": "train"},
        {"state": "FAILED", "pipeline_job_resource_name": "job", "pipeline_task_name": "train"},
    ],
)
def test_the_final_status_of_a_task(tmp_path: Path, status: dict[str, Any]) -> None:
    seen = []

    def f(status: PipelineTaskFinalStatus) -> None:
        seen.append(status)

    status["error"] = {"code": 9, "message": "boom"}
    run(f, executor_input(tmp_path, {"status": status}))
    assert seen == [PipelineTaskFinalStatus("FAILED", "job", "train", 9, "boom")]


def test_a_task_that_succeeded_has_no_error(tmp_path: Path) -> None:
    def f(status: PipelineTaskFinalStatus) -> list:
        return [status.state, status.error_code, status.error_message]

    assert value(f, executor_input(tmp_path, {"status": {"state": "SUCCEEDED"}})) == ["SUCCEEDED", None, None]


def test_task_configuration(tmp_path: Path) -> None:
    seen = []

    def f(config: TaskConfig, none: TaskConfig) -> None:
        seen.extend([config, none])

    given = {"resources": {"limits": {"cpu": 1}}, "nodeSelector": {"a": "b"}, "volumeMounts": [{"name": "v"}]}
    run(f, executor_input(tmp_path, {"config": given}))
    assert seen == [
        TaskConfig(resources={"limits": {"cpu": 1}}, node_selector={"a": "b"}, volume_mounts=[{"name": "v"}]),
        TaskConfig(),
    ]


def test_an_embedded_artifact_is_where_the_source_unpacked_it(tmp_path: Path) -> None:
    scope: dict[str, Any] = {"EmbeddedInput": EmbeddedInput, "Dataset": Dataset}
    exec("def f(d: EmbeddedInput[Dataset]) -> str:\n    return type(d).__name__ + d.path\n", scope)
    with pytest.raises(StepError, match="Function `f` was given no embedded artifact"):
        run(scope["f"], executor_input(tmp_path))
    scope["__KFP_EMBEDDED_ASSET_DIR"] = "/unpacked"
    assert value(scope["f"], executor_input(tmp_path)) == "Dataset/unpacked"
    scope["__KFP_EMBEDDED_ASSET_FILE"] = "/unpacked/file"
    assert value(scope["f"], executor_input(tmp_path)) == "Dataset/unpacked/file"


# Input artifacts ------------------------------------------------------------------------------------


def test_an_input_artifact_in_every_spelling(tmp_path: Path) -> None:
    def f(a: Input[Dataset], b: Dataset, c: Optional[Input[Dataset]], d: InputPath("Dataset")) -> list:  # type: ignore[valid-type]
        return [a.uri, b.path, c.metadata if c else None, d]

    fields = {"uri": "gs://bucket/data", "metadata": {"rows": 3}}
    task = executor_input(tmp_path, artifacts={key: artifact(tmp_path, key, **fields) for key in "abcd"})
    assert value(f, task) == ["gs://bucket/data", "/gcs/bucket/data", {"rows": 3}, "/gcs/bucket/data"]


def test_an_optional_artifact_that_was_not_given_is_none(tmp_path: Path) -> None:
    def f(
        a: Optional[Input[Dataset]] = None,
        b: Input[Model] = None,  # type: ignore[assignment]
        c: InputPath() = None,  # type: ignore[valid-type]
        d: Optional[Input[List[Dataset]]] = None,
    ) -> list:
        return [a, b, c, d]

    assert value(f, executor_input(tmp_path)) == [None, None, None, None]


def test_a_path_of_a_missing_artifact_is_an_error(tmp_path: Path) -> None:
    def f(data: InputPath()) -> None:  # type: ignore[valid-type]
        raise AssertionError("not reached")

    with pytest.raises(StepError, match="Function `f` needs the artifact `data`"):
        run(f, executor_input(tmp_path))


def test_lists_of_artifacts(tmp_path: Path) -> None:
    def f(a: Input[List[Artifact]], b: List[Dataset], none: Input[List[Dataset]]) -> list:
        return [[type(item).__name__ for item in a], [item.uri for item in b], none]

    both = [*artifact(tmp_path, "x")["artifacts"], *artifact(tmp_path, "y", "system.Model")["artifacts"]]
    task = executor_input(tmp_path, artifacts={"a": {"artifacts": both}, "b": {"artifacts": both[:1]}, "none": {}})
    assert value(f, task) == [["Dataset", "Model"], [str(tmp_path / "x/data")], []]


# Outputs --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("declared", "returned"),
    [
        (str, "text"), (int, 5), (int, True), (float, 2.5), (float, 2), (bool, True), (dict, {"a": 1}), (list, [1]),
        (Dict[str, int], {"a": 1}), (List[int], [1]), (list[int], [1]), (Optional[str], "text"), (int | None, 5),
    ],
)  # fmt: skip
def test_a_return_of_the_declared_type(tmp_path: Path, declared: Any, returned: Any) -> None:
    def f():  # type: ignore[no-untyped-def]
        return returned

    f.__annotations__["return"] = declared
    assert value(f, executor_input(tmp_path)) == returned


@pytest.mark.parametrize(
    ("declared", "returned", "message"),
    [
        (int, 3.0, "Function `f` returned a value of type float; it declares int."),
        (int, "3", "returned a value of type str; it declares int."),
        (bool, 1, "returned a value of type int; it declares bool."),
        (str, 3, "returned a value of type int; it declares str."),
        (list, (1, 2), "returned a value of type tuple; it declares list."),
        (List[int], {}, "returned a value of type dict; it declares typing.List[int]."),
        (Any, 3, "Function `f` returned a value; it declares Any, which is no output."),
        (None, 3, "Function `f` returned a value; it declares None, which is no output."),
    ],
)
def test_a_return_of_another_type_names_both(tmp_path: Path, declared: Any, returned: Any, message: str) -> None:
    def f():  # type: ignore[no-untyped-def]
        return returned

    f.__annotations__["return"] = declared
    with pytest.raises(StepError) as caught:
        run(f, executor_input(tmp_path))
    assert message in str(caught.value).replace("typing.Any", "Any")  # as Python 3.10 says it


def test_a_value_without_a_return_annotation_is_an_error(tmp_path: Path) -> None:
    def f():  # type: ignore[no-untyped-def]
        return 5

    with pytest.raises(StepError, match="returned a value; it declares nothing"):
        run(f, executor_input(tmp_path))


def test_nothing_returned_writes_an_empty_output(tmp_path: Path) -> None:
    def f() -> str:
        return None  # type: ignore[return-value]

    assert run(f, executor_input(tmp_path)) == {}


@pytest.mark.parametrize(
    ("returned", "text"),
    [("a\nb", "a\nb"), (5, "5"), (2.5, "2.5"), (True, "true"), ({"a": 1}, '{"a": 1}'), ([1], "[1]")],
)
def test_a_value_is_also_written_to_the_parameters_own_file(tmp_path: Path, returned: Any, text: str) -> None:
    def f():  # type: ignore[no-untyped-def]
        return returned

    f.__annotations__["return"] = type(returned)
    run(f, executor_input(tmp_path))
    assert (tmp_path / "parameters/Output").read_text() == text


def test_numbers_and_arrays_of_numpys_kind_become_plain_json(tmp_path: Path) -> None:
    class Array:
        def tolist(self) -> list[int]:
            return [1, 2]

    def f(metrics: Output[Metrics]) -> dict:
        metrics.metadata["a"] = Array()
        return {"x": Array()}

    out = run(f, executor_input(tmp_path, output_artifacts={"metrics": artifact(tmp_path, "metrics")}))
    assert out["parameterValues"] == {"Output": {"x": [1, 2]}}
    assert out["artifacts"]["metrics"]["artifacts"][0]["metadata"] == {"a": [1, 2]}


def test_what_json_cannot_hold_is_named(tmp_path: Path) -> None:
    def f() -> dict:
        return {"x": {1, 2}}

    with pytest.raises(StepError, match=r"What function `f` returned cannot be written as JSON: \{1, 2\} of type set"):
        run(f, executor_input(tmp_path))


class Pair(NamedTuple):
    a: int
    b: Optional[str]


@pytest.mark.parametrize(
    "returned",
    [
        Pair(1, "x"),
        (1, "x"),
        [1, "x"],
        namedtuple("Other", "a b")(1, "x"),
        namedtuple("Swapped", "b a")("x", 1),
    ],
)
def test_several_outputs_are_taken_by_name_else_by_position(tmp_path: Path, returned: Any) -> None:
    def f() -> Pair:
        return returned  # type: ignore[no-any-return]

    out = run(f, executor_input(tmp_path, outputs=("a", "b")))
    assert out == {"parameterValues": {"a": 1, "b": "x"}}


def test_an_optional_one_of_several_outputs_may_be_none(tmp_path: Path) -> None:
    def f() -> Pair:
        return Pair(1, None)

    assert run(f, executor_input(tmp_path, outputs=("a", "b"))) == {"parameterValues": {"a": 1}}


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        ((1,), "Function `f` returned 1 values; it declares 2."),
        (5, "Function `f` returned 1 values; it declares 2."),
        ((1, "x", 2), "Function `f` returned 3 values; it declares 2."),
        ((None, "x"), "Function `f` returned a value of type NoneType as `a`; it declares int."),
        ((1, 2), "Function `f` returned a value of type int as `b`; it declares str."),
    ],
)
def test_several_outputs_that_do_not_fit(tmp_path: Path, returned: Any, message: str) -> None:
    def f() -> Pair:
        return returned  # type: ignore[no-any-return]

    with pytest.raises(StepError) as caught:
        run(f, executor_input(tmp_path, outputs=("a", "b")))
    assert str(caught.value) == message


# Output artifacts -----------------------------------------------------------------------------------


def test_an_output_artifact_is_written_as_the_function_left_it(tmp_path: Path) -> None:
    def f(data: Output[Dataset], model: Output[Model]) -> None:
        Path(data.path).write_text("1,2")
        data.metadata["rows"] = 1
        model.uri = "gs://elsewhere"
        model.custom_path = "/scratch/model"

    artifacts = {"data": artifact(tmp_path, "data"), "model": artifact(tmp_path, "model", "system.Model")}
    out = run(f, executor_input(tmp_path, output_artifacts=artifacts))
    assert (tmp_path / "data/data").read_text() == "1,2"
    assert out["artifacts"] == {
        "data": {"artifacts": [{"name": "data", "uri": str(tmp_path / "data/data"), "metadata": {"rows": 1}}]},
        "model": {
            "artifacts": [
                {"name": "model", "uri": "gs://elsewhere", "metadata": {}, "custom_path": "/scratch/model"},
            ]
        },
    }


def test_output_paths_can_be_written_to(tmp_path: Path) -> None:
    def f(data: OutputPath("Dataset"), count: OutputPath(int)) -> None:  # type: ignore[valid-type]
        Path(data).write_text("1,2")
        Path(count).write_text("7")

    run(f, executor_input(tmp_path, outputs=("count",), output_artifacts={"data": artifact(tmp_path, "data")}))
    assert (tmp_path / "data/data").read_text() == "1,2"
    assert (tmp_path / "parameters/count").read_text() == "7"


def test_an_output_path_that_was_not_given_is_an_error(tmp_path: Path) -> None:
    def f(count: OutputPath(int)) -> None:  # type: ignore[valid-type]
        raise AssertionError("not reached")

    with pytest.raises(StepError, match="Function `f` was given no path for its output `count`"):
        run(f, executor_input(tmp_path, outputs=()))


def test_an_artifact_can_be_returned(tmp_path: Path) -> None:
    def f() -> Dataset:
        return Dataset(uri=get_uri("data"), metadata={"rows": 3})

    out = run(f, executor_input(tmp_path, outputs=(), output_artifacts={"Output": artifact(tmp_path, "Output")}))
    returned = {"name": "", "uri": str(tmp_path / "data"), "metadata": {"rows": 3}}
    assert out["artifacts"] == {"Output": {"artifacts": [returned]}}


def test_data_returned_for_an_artifact_is_written_to_it(tmp_path: Path) -> None:
    class Outputs(NamedTuple):
        data: Dataset
        count: int

    def f() -> Outputs:
        return ("payload", 1)  # type: ignore[return-value]

    task = executor_input(tmp_path, outputs=("count",), output_artifacts={"data": artifact(tmp_path, "data")})
    f.__annotations__["return"] = Outputs
    Outputs.__annotations__.update(data=Dataset, count=int)
    assert run(f, task)["parameterValues"] == {"count": 1}
    assert (tmp_path / "data/data").read_text() == "payload"


def test_on_vertex_a_returned_artifact_gets_the_services_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unnamed() -> Dataset:
        return Dataset(uri="gs://b/c")

    def named() -> Dataset:
        return Dataset(name="mine", uri="gs://b/c")

    monkeypatch.setenv("VERTEX_AI_PIPELINES_RUN_LABELS", "{}")
    task = executor_input(tmp_path, output_artifacts={"Output": artifact(tmp_path, "Output", name="projects/1/x")})
    assert run(unnamed, task)["artifacts"]["Output"]["artifacts"][0]["name"] == "projects/1/x"
    with pytest.warns(RuntimeWarning, match="leave its name empty, not 'mine'"):
        assert run(named, task)["artifacts"]["Output"]["artifacts"][0]["name"] == "mine"


@pytest.mark.parametrize(
    ("kind", "writes"), [("chief", True), ("workerpool0", True), ("master", True), ("worker", False)]
)
def test_only_the_chief_of_a_distributed_step_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, writes: bool
) -> None:
    def f() -> int:
        return 1

    monkeypatch.setenv("CLUSTER_SPEC", json.dumps({"task": {"type": kind, "index": 0}}))
    path = Executor(executor_input(tmp_path), f).execute()
    assert (path is not None) == writes
    assert (tmp_path / "executor_output.json").exists() == (tmp_path / "parameters/Output").exists() == writes


def test_data_at_a_path_of_the_steps_own_are_copied_where_nothing_fetches_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def f(data: Output[Dataset]):
        (tmp_path / "own").mkdir()
        (tmp_path / "own" / "part").write_text("x")
        data.custom_path = str(tmp_path / "own")

    task = executor_input(tmp_path, outputs=(), output_artifacts={"data": artifact(tmp_path, "data")})
    monkeypatch.setenv("KFBRIDGE_MOUNT", str(tmp_path))
    (told,) = run(f, task)["artifacts"]["data"]["artifacts"]
    assert "custom_path" not in told
    assert (tmp_path / "data" / "data" / "part").read_text() == "x"
