"""The interface of a component: annotations, defaults, docstrings, and the functions that cannot be one."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple, Optional

import pytest

from kfbridge import dsl
from kfbridge.dsl import Artifact, Dataset, Input, InputPath, Model, Output, OutputPath
from kfbridge.dsl.interface import Interface
from kfbridge.dsl.structures import InputSpec, OutputSpec
from kfbridge.errors import ArgumentError, CompileError, TypeMismatchError
from kfbridge.execution import execute
from tests.dsl.own_artifacts import Catalogue

DATASET, MODEL = "system.Dataset@0.0.1", "system.Model@0.0.1"


def inputs(function) -> dict[str, InputSpec]:
    return Interface(function).inputs


def outputs(function) -> dict[str, OutputSpec]:
    return Interface(function).outputs


def test_parameters_have_the_types_of_the_ir() -> None:
    def function(a: str, b: int, c: float, d: bool, e: dict, f: list[int], g: "dict[str, int] | None" = None):  # noqa: UP037
        pass

    assert [spec.type for spec in inputs(function).values()] == [
        "STRING", "NUMBER_INTEGER", "NUMBER_DOUBLE", "BOOLEAN", "STRUCT", "LIST", "STRUCT"
    ]  # fmt: skip
    assert inputs(function)["f"].hint == "list[int]"
    assert inputs(function)["g"] == InputSpec("STRUCT", None, optional=True, hint="dict[str, int]")


def test_annotations_may_be_text_also_for_paths() -> None:
    def function(a: "InputPath('Dataset')", b: "OutputPath(str)", c: "Optional[OutputPath(int)]" = None):  # noqa: UP037, UP045
        pass

    assert inputs(function)["a"].type == DATASET
    assert {name: spec.type for name, spec in outputs(function).items()} == {"b": "STRING", "c": "NUMBER_INTEGER"}


def test_the_type_names_of_old_component_files_are_taken_too() -> None:
    def function(a, b, c):
        pass

    function.__annotations__ = {"a": "String", "b": "Integer", "c": "JsonObject"}
    assert [spec.type for spec in inputs(function).values()] == ["STRING", "NUMBER_INTEGER", "STRUCT"]


def test_artifacts_go_in_and_out_in_every_way_of_writing() -> None:
    def function(
        a: Input[Dataset],
        b: Output[Model],
        c: Dataset,
        d: Input[list[Dataset]],
        e: InputPath("Dataset"),
        f: OutputPath("Model"),
        g: OutputPath(str),
        h: Optional[Input[Artifact]] = None,  # noqa: UP045
    ) -> Model:
        pass

    assert inputs(function) == {
        "a": InputSpec(DATASET),
        "c": InputSpec(DATASET),
        "d": InputSpec(DATASET, is_artifact_list=True),
        "e": InputSpec(DATASET),
        "h": InputSpec("system.Artifact@0.0.1", optional=True),
    }
    assert outputs(function) == {
        "b": OutputSpec(MODEL),
        "f": OutputSpec(MODEL),
        "g": OutputSpec("STRING", hint="str"),
        "Output": OutputSpec(MODEL),
    }


def test_a_named_tuple_is_one_output_per_field() -> None:
    def function() -> NamedTuple("Result", [("score", float), ("model", Model)]):
        pass

    assert outputs(function) == {"score": OutputSpec("NUMBER_DOUBLE", hint="float"), "model": OutputSpec(MODEL)}


def test_what_the_backend_fills_in_is_optional() -> None:
    def function(status: dsl.PipelineTaskFinalStatus, config: dsl.TaskConfig):
        pass

    assert inputs(function) == {
        "status": InputSpec("TASK_FINAL_STATUS", optional=True),
        "config": InputSpec("TASK_CONFIG", optional=True),
    }


def test_defaults_take_the_form_of_their_type() -> None:
    def function(a: float = 1, b: list = (1, 2), c: int = 3.0):
        pass

    assert {name: spec.default for name, spec in inputs(function).items()} == {"a": 1, "b": [1, 2], "c": 3}


def no_annotation(a):
    pass


def unknown_annotation(a: complex):
    pass


def wrong_default(a: int = "x"):
    pass


def default_artifact(a: Input[Dataset] = "x"):
    pass


def taken_name(Output: str):
    pass


class Unversioned:
    schema_title = "Thing"
    schema_version = "1"


def odd_schema(a: Input[Unversioned]):
    pass


def unresolved(a: "Nowhere"):  # noqa: F821, UP037
    pass


@pytest.mark.parametrize(
    ("function", "kind", "message"),
    [
        (no_annotation, CompileError, "has no type for its parameter 'a'.\n  Annotate it: a: str."),
        (unknown_annotation, CompileError, "declares 'a' as complex, which is no type that a pipeline can carry."),
        (wrong_default, TypeMismatchError, "declares 'a' as NUMBER_INTEGER, but its default is STRING."),
        (default_artifact, CompileError, "has the default 'x' for its artifact 'a'.\n  Use None as the default."),
        (taken_name, CompileError, "has a parameter named 'Output'.\n  Rename it"),
        (odd_schema, CompileError, "uses the artifact class Unversioned with the schema 'Thing', version '1'."),
        (unresolved, CompileError, "cannot be read: name 'Nowhere' is not defined."),
    ],
)
def test_a_signature_that_no_pipeline_can_carry(function, kind, message: str) -> None:
    with pytest.raises(kind) as caught:
        Interface(function)
    assert message in str(caught.value)
    assert f"{function.__name__!r}" in str(caught.value)
    assert "test_interface.py:" in str(caught.value)


def test_a_function_without_a_file_is_refused() -> None:
    names: dict[str, Any] = {}
    exec("def typed_in(a: str): pass", names)
    with pytest.raises(
        CompileError, match=r"source of the function 'typed_in' cannot be read.*\n  Define the function"
    ):
        dsl.component(names["typed_in"])


def test_a_lambda_is_refused() -> None:
    with pytest.raises(CompileError, match="lambdas and coroutines cannot be components"):
        dsl.component(lambda: 1)


def test_lists_of_artifacts_come_out_of_pipelines_only() -> None:
    def function(out: Output[list[Dataset]]):
        pass

    with pytest.raises(CompileError, match="is a list of artifacts; only pipelines can have those"):
        dsl.component(function)


def test_an_output_is_described_under_returns_only() -> None:
    def function(a: str, m: Output[Model], p: OutputPath(str)):
        """What it does.

        Args:
            a: The a.
            m: Not taken, as in KFP.

        Returns:
            p: The p.
        """

    assert inputs(function)["a"].description == "The a."
    assert {name: spec.description for name, spec in outputs(function).items()} == {"m": "", "p": "The p."}


def test_the_source_travels_without_decorators_and_with_what_it_calls() -> None:
    def helper():
        return 1

    @dsl.component(additional_funcs=[helper], base_image="slim")
    def caller(
        a: str,
    ) -> int:
        return helper()

    container = caller.component_spec.implementation
    assert container.image == "slim"
    assert container.command[-1] == (
        "\nimport kfp\nfrom kfp import dsl\nfrom kfp.dsl import *\nfrom typing import *\n\n"
        "def helper():\n    return 1\n\n\n"
        "def caller(\n    a: str,\n) -> int:\n    return helper()\n\n"
    )


def test_a_string_with_less_indent_than_its_function_stays_as_it_is() -> None:
    """KFP loses the whole function."""

    @dsl.component
    def teller(name: str) -> str:
        head = f"""
  {name}
first
"""
        # what follows is code
        return (
  head + '''last
    line'''
        )  # fmt: skip

    assert teller.component_spec.implementation.command[-1].partition("import *\nfrom typing import *\n\n")[2] == (
        'def teller(name: str) -> str:\n    head = f"""\n  {name}\nfirst\n"""\n    # what follows is code\n'
        "    return (\nhead + '''last\n    line'''\n    )  # fmt: skip\n\n"
    )


def test_strings_lose_the_indent_of_the_function_where_all_of_them_have_it() -> None:
    @dsl.component
    def teller() -> str:
        return """
    text"""

    assert 'return """\ntext"""' in teller.component_spec.implementation.command[-1]


@pytest.mark.parametrize(
    "annotation",
    [
        "Optional[Input[Catalogue]]",  # KFP imports nothing, and the step fails
        "Input[list[Catalogue]]",  # KFP refuses it
        "list[Catalogue]",
        "Output[own_artifacts.Catalogue]",
        "'Input[Catalogue]'",
    ],
)
def test_an_artifact_class_of_the_users_is_imported_wherever_it_stands(annotation: str, tmp_path: Path) -> None:
    file = tmp_path / "shop.py"
    file.write_text(
        "from typing import *\nfrom kfp.dsl import *\nfrom tests.dsl import own_artifacts\n"
        "from tests.dsl.own_artifacts import Catalogue\n\n"
        f"@component\ndef reader(a: {annotation}):\n    pass\n"
    )
    source = execute(file).reader.component_spec.implementation.command[-1]
    module = "tests.dsl import own_artifacts" if "own_artifacts" in annotation else "tests.dsl.own_artifacts import Cat"
    assert f"from typing import *\nfrom {module}" in source


def test_an_artifact_class_of_the_users_is_imported_in_the_step() -> None:
    @dsl.component
    def reader(a: Input[Catalogue]) -> Catalogue:
        pass

    assert (
        "from typing import *\nfrom tests.dsl.own_artifacts import Catalogue\n"
        in reader.component_spec.implementation.command[-1]
    )


def test_files_travel_inside_of_a_component_and_always_pack_to_the_same_text(tmp_path) -> None:
    folder = tmp_path / "assets"
    folder.mkdir()
    (folder / "note.txt").write_text("hello")

    def compile_once() -> str:
        @dsl.component(embedded_artifact_path=str(folder))
        def reader(files: dsl.EmbeddedInput[Dataset]) -> str:
            return files.path

        return reader.component_spec.implementation.command[-1]

    first = compile_once()
    (folder / "note.txt").touch()
    assert first == compile_once()
    names: dict[str, Any] = {}
    exec(first.split("from typing import *")[1].split("\ndef reader")[0], names)
    with open(f"{names['__KFP_EMBEDDED_ASSET_DIR']}/note.txt") as note:  # noqa: PTH123
        assert note.read() == "hello"


def test_a_file_that_is_not_there_cannot_be_embedded(tmp_path) -> None:
    with pytest.raises(CompileError, match="There is no file or folder"):

        @dsl.component(embedded_artifact_path=str(tmp_path / "none"))
        def reader():
            pass


def test_packages_are_a_list() -> None:
    with pytest.raises(ArgumentError, match=r"is the text 'pandas'.\n  Write a list: packages_to_install=\['pandas'\]"):

        @dsl.component(packages_to_install="pandas")
        def reader():
            pass
