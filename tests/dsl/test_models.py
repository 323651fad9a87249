"""Pydantic models as parameters: dictionaries on the way, models in the function."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple, Optional

import pytest

from kfbridge import dsl
from kfbridge.errors import KfbridgeWarning, TypeMismatchError
from kfbridge.execution import execute
from kfbridge.runtime.executor import Executor, StepError
from tests.dsl.models import Person

ADA = Person(name="Ada", age=36)


@dsl.component
def greet(person: Person) -> str:
    return f"{person.name} {person.years}"


@dsl.component
def grow(person: Person, by: int | None = None, other: Optional[Person] = None) -> Person:  # noqa: UP045
    return Person(name=person.name, age=person.years + (by or 1))


def test_a_model_is_a_dictionary_in_the_ir(compiled) -> None:
    def function(person: Person = ADA):
        greet(person=grow(person=person).output)
        greet(person=Person(name="Bob"))
        greet(person={"name": "Eve", "age": 2})

    spec = compiled(function)
    assert spec["root"]["inputDefinitions"]["parameters"]["person"] == {
        "parameterType": "STRUCT",
        "defaultValue": {"name": "Ada", "age": 36},
        "isOptional": True,
    }
    assert spec["components"]["comp-grow"]["outputDefinitions"]["parameters"]["Output"] == {"parameterType": "STRUCT"}
    tasks = spec["root"]["dag"]["tasks"]
    assert tasks["greet-2"]["inputs"]["parameters"]["person"]["runtimeValue"]["constant"] == {"name": "Bob", "age": 1}
    assert tasks["greet-3"]["inputs"]["parameters"]["person"]["runtimeValue"]["constant"] == {"name": "Eve", "age": 2}


def test_what_is_no_dictionary_is_refused(compiled) -> None:
    def function():
        greet(person="Ada")

    with pytest.raises(TypeMismatchError, match="takes STRUCT as its argument 'person', but got"):
        compiled(function)


def test_the_step_imports_the_model() -> None:
    source = grow.component_spec.implementation.command[-1]
    assert source.count("from tests.dsl.models import Person\n") == 1


def executed(function, folder: Path, **inputs: object) -> object:
    task = {"inputs": {"parameterValues": inputs}, "outputs": {"outputFile": str(folder / "out.json")}}
    Executor(task, function).execute()
    return json.loads((folder / "out.json").read_text())["parameterValues"]


def test_the_function_gets_a_model_and_returns_one(tmp_path: Path) -> None:
    assert executed(grow, tmp_path, person={"name": "Ada", "age": 36}) == {"Output": {"name": "Ada", "age": 37}}


def test_a_field_of_a_named_tuple_may_be_a_model(tmp_path: Path) -> None:
    class Two(NamedTuple):
        person: Person
        years: int

    def function() -> Two:
        return Two(Person(name="Ada", age=1), 1)

    function.__annotations__["return"] = Two
    Two.__annotations__ = {"person": Person, "years": int}
    assert executed(function, tmp_path) == {"person": {"name": "Ada", "age": 1}, "years": 1}


def test_a_value_that_the_model_refuses_ends_the_step_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(StepError, match=r"`greet` cannot take the value of `person`: 1 validation error for Person"):
        executed(greet, tmp_path, person={"name": "Ada", "age": "old"})


def test_a_component_that_returns_something_else_is_told(tmp_path: Path) -> None:
    def function() -> Person:
        return {"name": "Ada"}  # type: ignore[return-value]

    function.__annotations__["return"] = Person
    with pytest.raises(StepError, match="returned a value of type dict; it declares Person"):
        executed(function, tmp_path)


def test_a_class_of_the_pipeline_file_itself_is_imported_with_a_warning(tmp_path: Path) -> None:
    """KFP writes the import, too; it cannot work unless the step's image has a module of that name."""
    file = tmp_path / "shop.py"
    file.write_text(
        "from kfp import dsl\nimport pydantic\n\n\nclass Person(pydantic.BaseModel):\n    name: str\n\n\n"
        "@dsl.component\ndef greet(person: Person):\n    pass\n"
    )
    with pytest.warns(KfbridgeWarning, match=r"shop\.py:9: the class Person is defined in the pipeline file") as told:
        source = execute(file).greet.component_spec.implementation.command[-1]
    assert "from shop import Person" in source
    assert "Define it in a package" in str(told[0].message)
