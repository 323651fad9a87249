"""Container components: a command in an image, with placeholders in its arguments."""

from __future__ import annotations

from typing import Optional

from kfbridge import components, dsl
from kfbridge.dsl import Dataset, Input, Output
from kfbridge.testing.case import case
from kfbridge.testing.cases.steps import echo, nothing, number, read, write
from kfbridge.testing.outcome import SomeArtifact

IMAGE = "alpine:3.20"
SAVE = 'out="$1"; shift; mkdir -p "$(dirname "$out")"; printf "%s|" "$@" > "$out"'


@dsl.container_component
def shout(text: str, loud: dsl.OutputPath(str)):
    script = 'mkdir -p "$(dirname "$1")"; printf "%s!" "$0" > "$1"'
    return dsl.ContainerSpec(image=IMAGE, command=["sh", "-c", script], args=[text, loud])


@dsl.container_component
def append(data: Input[Dataset], text: str, longer: Output[Dataset]):
    script = 'mkdir -p "$(dirname "$2")"; cat "$0" > "$2"; printf "%s" "$1" >> "$2"'
    return dsl.ContainerSpec(image=IMAGE, command=["sh", "-c", script], args=[data.path, text, longer.path])


@dsl.container_component
def exit_with(code: int):
    return dsl.ContainerSpec(image=IMAGE, command=["sh", "-c", 'exit "$0"'], args=[code])


@dsl.container_component
def types(out: dsl.OutputPath(str), whole: int, real: float, flag: bool, items: list, table: dict):
    return dsl.ContainerSpec(image=IMAGE, command=["sh", "-c", SAVE, "sh"], args=[out, whole, real, flag, items, table])


@dsl.container_component
def optional(out: dsl.OutputPath(str), given: Optional[str] = None, left_out: Optional[str] = None):
    return dsl.ContainerSpec(
        image=IMAGE,
        command=["sh", "-c", SAVE, "sh"],
        args=[
            out,
            dsl.IfPresentPlaceholder(input_name="given", then=["--given", given], else_=["--no-given"]),
            dsl.IfPresentPlaceholder(input_name="left_out", then=["--left-out", left_out]),
            dsl.ConcatPlaceholder(["<", given, ">"]),
            "end",
        ],
    )


@dsl.container_component
def whole(out: dsl.OutputPath(int)):
    return dsl.ContainerSpec(
        image=IMAGE, command=["sh", "-c", 'mkdir -p "$(dirname "$0")"; echo 41 > "$0"'], args=[out]
    )


class Table(dsl.Artifact):
    schema_title = "acme.Table"
    schema_version = "1.2.0"


@dsl.container_component
def tabulate(table: Output[Table]):
    script = 'mkdir -p "$(dirname "$0")"; printf "1,2" > "$0"'
    return dsl.ContainerSpec(image=IMAGE, command=["sh", "-c", script], args=[table.path])


joined = components.load_component_from_text(f"""
name: Joined
inputs:
- {{name: first text, type: String}}
- {{name: second, type: Integer, default: "2"}}
- {{name: third, type: String, optional: true}}
outputs:
- {{name: result, type: String}}
implementation:
  container:
    image: {IMAGE}
    command: [sh, -c, 'mkdir -p "$(dirname "$0")"; printf "%s " "$@" > "$0"', {{outputPath: result}}]
    args:
    - {{concat: [<, {{inputValue: first text}}, '>']}}
    - {{inputValue: second}}
    - if:
        cond: {{isPresent: third}}
        then: [--third, {{inputValue: third}}]
        else: [--no-third]
""")


@dsl.container_component
def say(out: dsl.OutputPath(str)):
    return dsl.ContainerSpec(
        image=IMAGE, command=["sh", "-c", 'mkdir -p "$(dirname "$0")"; printf "%s" "$CASE_WORD" > "$0"'], args=[out]
    )


@case(
    "container",
    arguments={"text": "a 'b' \"c\" $HOME\nü"},
    ran="shout echo",
    outputs={"Output": "a 'b' \"c\" $HOME\nü!"},
)
def container_with_parameters(text: str) -> str:
    """A command takes a parameter as an argument and writes one to a file."""
    return echo(text=shout(text=text).output).output


@case("container", "artifacts", ran="write append read", outputs={"Output": "one two"})
def container_with_artifacts() -> str:
    """A command reads and writes artifacts at the paths that it is given."""
    longer = append(data=write(text="one").outputs["data"], text=" two").outputs["longer"]
    return read(data=longer).output


@case("container", "failure", state="failed", failed="exit-with", skipped="nothing")
def container_that_fails() -> None:
    """A command that ends with another code than 0 has failed."""
    nothing().after(exit_with(code=3))


@case("container", ran="types", outputs={"Output": '9007199254740993|0.5|true|[1, "a"]|{"k": 1}|'})
def parameters_as_arguments() -> str:
    """Values stand in a command's arguments as text: integers exact, booleans and containers as JSON."""
    return types(whole=2**53 + 1, real=0.5, flag=True, items=[1, "a"], table={"k": 1}).output


@case("container", "Concat", "IfPresent", ran="optional", outputs={"Output": "--given|x y|<x y>|end|"})
def optional_arguments() -> str:
    """IfPresent takes the branch of the input that is there; an absent one leaves no argument behind."""
    return optional(given="x y").output


@case("container", ran="whole number", outputs={"Output": 41})
def container_output_is_typed() -> int:
    """What a command wrote is converted to the type of the output."""
    return number(value=whole().output).output


@case("container", "env", ran="say", outputs={"Output": "two words"})
def container_environment() -> str:
    """Environment variables reach a command."""
    return say().set_env_variable("CASE_WORD", "two words").output


@case("container", "component file", ran="joined", outputs={"Output": "<a 'b'> 2 --no-third "})
def component_of_a_file() -> str:
    """A component file of KFP's first version runs like any other container."""
    return joined(first_text="a 'b'").outputs["result"]


@case("container", "image", ran="echo say", outputs={"Output": "x"})
def image_from_an_output() -> str:
    """The image of a step may come from an output."""
    image = echo(text=IMAGE).output
    return say().set_container_image(image).set_env_variable("CASE_WORD", "x").output


@case("container", "artifacts", "custom types", ran="tabulate", outputs={"Output": SomeArtifact("acme.Table")})
def artifact_of_a_type_of_its_own() -> Table:
    """An artifact may be of a type that only the user knows."""
    return tabulate().output
