"""Inputs that may be left out: defaults of pipelines and of components."""

from __future__ import annotations

from typing import NamedTuple, Optional

from kfbridge import dsl
from kfbridge.dsl import Dataset, Input
from kfbridge.testing.case import case
from kfbridge.testing.cases.steps import keep, write


@dsl.component
def describe(text: str = "own", whole: int = 7, items: Optional[list] = None, maybe: Optional[str] = None) -> str:
    return f"{text!r} {whole!r} {items!r} {maybe!r}"


class Has(NamedTuple):
    without: bool
    with_it: bool


@dsl.component
def has(data: Optional[Input[Dataset]] = None) -> bool:
    return data is not None


@dsl.pipeline
def inner_describe(text: Optional[str] = None, whole: Optional[int] = None) -> str:
    return describe(text=text, whole=whole).output


@dsl.pipeline
def inner_default(whole: int = 5) -> str:
    return describe(whole=whole).output


@case("optional inputs", ran="describe", outputs={"Output": "'own' 7 None None"})
def component_defaults() -> str:
    """Inputs that are not given take the component's defaults; without one they are None."""
    return describe().output


@case("optional inputs", arguments={"whole": 2}, ran="describe", outputs={"Output": "'pipeline' 2 [1] None"})
def pipeline_defaults(text: str = "pipeline", whole: int = 1, items: list = [1]) -> str:  # noqa: B006
    """Arguments win over the pipeline's defaults, and those over the component's."""
    return describe(text=text, whole=whole, items=items).output


@case("optional inputs", ran="describe", outputs={"Output": "'own' 7 None None"})
def unset_input_takes_the_component_default(text: Optional[str] = None, whole: Optional[int] = None) -> str:
    """An optional input of the pipeline that is left unset leaves the component its own default."""
    return describe(text=text, whole=whole).output


@case("optional inputs", "nested pipelines", ran="describe", outputs={"Output": "'own' 7 None None"})
def unset_input_through_a_nested_pipeline(text: Optional[str] = None) -> str:
    """The same through a nested pipeline."""
    return inner_describe(text=text).output


@case(
    "optional inputs",
    "nested pipelines",
    ran="describe*2 keep",
    outputs={"Output": ["'own' 5 None None", "'own' 6 None None"]},
)
def defaults_of_a_nested_pipeline() -> list:
    """A nested pipeline has defaults of its own, which an argument replaces."""
    return keep(values=[inner_default().output, inner_default(whole=6).output]).output


@case("optional inputs", arguments={"text": "", "maybe": None}, ran="describe", outputs={"Output": "'' 7 None None"})
def none_is_no_argument(text: str, maybe: Optional[str] = None) -> str:
    """None for an optional input is the same as no argument; empty text is not."""
    return describe(text=text, maybe=maybe).output


@case("optional inputs", "artifacts", ran="write has has-2", outputs={"without": False, "with_it": True})
def optional_artifact() -> Has:
    """An artifact input may be left out; the step is given None."""
    data = write(text="x").outputs["data"]
    return Has(has().output, has(data=data).output)
