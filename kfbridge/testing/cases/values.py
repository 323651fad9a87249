"""Values that cross the borders between steps: types, edges, exotic text."""

from __future__ import annotations

from typing import NamedTuple

from kfbridge import dsl
from kfbridge.testing.case import case
from kfbridge.testing.cases.steps import echo, keep, number

TEXT = "naïve 日本語 🚀 \"double\" 'single' `tick` $HOME ${HOME} $(id) \\n \\ % & | ; < > # * ~\n\ttwo\r\nthree  "
LOOKS = ["true", "None", "null", "1", "007", "1e5", "3.0", "[]", '{"a": 1}', " padded ", "", "-", "--flag", "@file"]


class Every(NamedTuple):
    text: str
    whole: int
    real: float
    flag: bool
    items: list
    table: dict


class Truths(NamedTuple):
    yes: bool
    no: bool


class Integers(NamedTuple):
    one: int
    many: list


class Files(NamedTuple):
    whole: int
    flag: bool
    items: list


@dsl.component
def every(text: str, whole: int, real: float, flag: bool, items: list, table: dict) -> NamedTuple(
    "Every", [("text", str), ("whole", int), ("real", float), ("flag", bool), ("items", list), ("table", dict)]
):
    from collections import namedtuple

    given = (text, whole, real, flag, items, table)
    wanted = (str, int, float, bool, list, dict)
    assert all(type(value) is kind for value, kind in zip(given, wanted)), given
    return namedtuple("Every", "text whole real flag items table")(*given)


@dsl.component
def real(value: float) -> float:
    assert type(value) is float, value
    return value


@dsl.component
def digits(values: list) -> list[str]:
    return [repr(float(value)) for value in values]


@dsl.component
def flag(value: bool) -> bool:
    assert type(value) is bool, value
    return value


@dsl.component
def table(value: dict) -> dict:
    return value


@dsl.component
def kinds(value: list) -> list[str]:
    def kind(item) -> str:
        if isinstance(item, dict):
            return "{" + ", ".join(f"{key}: {kind(part)}" for key, part in sorted(item.items())) + "}"
        if isinstance(item, list):
            return "[" + ", ".join(kind(part) for part in item) + "]"
        return type(item).__name__

    return [kind(item) for item in value]


@dsl.component
def length(text: str) -> int:
    return len(text)


@dsl.component
def files(whole: dsl.OutputPath(int), flag: dsl.OutputPath(bool), items: dsl.OutputPath(list)):
    for path, text in ((whole, " 42\n"), (flag, "true\n"), (items, '[1, "a", null]\n')):
        with open(path, "w") as file:
            file.write(text)


@case(
    "parameters",
    "NamedTuple",
    arguments={
        "text": "words",
        "whole": 3,
        "real": 0.1,
        "flag": True,
        "items": [1, "two", [3]],
        "table": {"a": {"b": [1]}},
    },
    ran="every",
    outputs={
        "text": "words",
        "whole": 3,
        "real": 0.1,
        "flag": True,
        "items": [1, "two", [3]],
        "table": {"a": {"b": [1]}},
    },
)
def every_type(text: str, whole: int, real: float, flag: bool, items: list, table: dict) -> Every:
    """A parameter of each type reaches a step with that type, and comes back unchanged."""
    task = every(text=text, whole=whole, real=real, flag=flag, items=items, table=table)
    return Every(*(task.outputs[name] for name in Every._fields))


@case(
    "parameters",
    arguments={"text": "", "whole": 0, "real": 0.0, "flag": False, "items": [], "table": {}},
    ran="every every-2",
    outputs={"text": "", "whole": 0, "real": 0.0, "flag": False, "items": [], "table": {}},
)
def falsy_values(text: str, whole: int, real: float, flag: bool, items: list, table: dict) -> Every:
    """Zero, False, empty text and empty containers are values, not absences."""
    first = every(text=text, whole=whole, real=real, flag=flag, items=items, table=table)
    second = every(**first.outputs)
    return Every(*(second.outputs[name] for name in Every._fields))


@case("parameters", arguments={"text": TEXT}, ran="echo echo-2", outputs={"Output": TEXT})
def exotic_text(text: str) -> str:
    """Quotes, backslashes, newlines, shell characters and letters of any script survive two steps."""
    return echo(text=echo(text=text).output).output


@case("parameters", ran="echo", outputs={"Output": TEXT})
def exotic_constant() -> str:
    """The same text as a constant in the compiled pipeline."""
    return echo(text=TEXT).output


@case("parameters", arguments={"texts": LOOKS}, ran="keep echo*14 keep-2", outputs={"Output": LOOKS})
def text_that_looks_like_something_else(texts: list[str]) -> list:
    """Text stays text, also where it reads like a number, a boolean, JSON or an option."""
    with dsl.ParallelFor(keep(values=texts).output) as text:
        echoed = echo(text=text)
    return keep(values=dsl.Collected(echoed.output)).output


@case("parameters", arguments={"text": "0123456789ä\n" * 8_500}, ran="echo length", outputs={"Output": 102_000})
def long_text(text: str) -> int:
    """A hundred kilobytes of text pass from the arguments through a step to the next."""
    return length(text=echo(text=text).output).output


@case(
    "parameters",
    arguments={"value": 2**53 + 1},
    ran="number number-2 keep",
    outputs={"one": 2**53 + 1, "many": [-(2**62) - 1]},
)
def big_integers(value: int) -> Integers:
    """Integers are exact beyond what a double holds: arguments, constants, and inside lists."""
    number(value=2**53 + 3)
    return Integers(number(value=value).output, keep(values=[-(2**62) - 1]).output)


@case(
    "parameters",
    arguments={"value": [1, 2.5, True, None, "x", [1, [2]], {"a": 1, "b": [0]}]},
    ran="keep kinds",
    outputs={"Output": ["int", "float", "bool", "NoneType", "str", "[int, [int]]", "{a: int, b: [int]}"]},
)
def types_inside_lists(value: list) -> list[str]:
    """Inside lists and dicts integers stay integers, at any depth."""
    return kinds(value=keep(values=value).output).output


@case(
    "parameters", ran="real*5 digits", outputs={"Output": ["0.1", "1e-300", "1.7976931348623157e+308", "-2.0", "100.0"]}
)
def floats() -> list[str]:
    """Floats keep every bit; an input of type float is one where the value is whole too."""
    with dsl.ParallelFor([0.1, 1e-300, 1.7976931348623157e308, -2.0, 100.0]) as value:
        task = real(value=value)
    return digits(values=dsl.Collected(task.output)).output


@case("parameters", ran="flag flag-2", outputs={"yes": True, "no": False})
def booleans() -> Truths:
    """Both truths, as constants."""
    return Truths(flag(value=True).output, flag(value=False).output)


@case(
    "parameters",
    "struct",
    arguments={"value": {"lr": 0.1, "layers": [64, 32], "nested": {"": None, "ключ": {"deep": [[], {}]}}}},
    ran="table table-2",
    outputs={"Output": {"lr": 0.1, "layers": [64, 32], "nested": {"": None, "ключ": {"deep": [[], {}]}}}},
)
def nested_struct(value: dict) -> dict:
    """A dict of dicts and lists passes through, empty and null parts included."""
    return table(value=table(value=value).output).output


@case("parameters", "OutputPath", ran="files every", outputs={"whole": 42, "flag": True, "items": [1, "a", None]})
def parameters_written_to_files() -> Files:
    """What a step writes to the path of an output parameter is converted to its type; space around it is none."""
    written = files().outputs
    every(text="", whole=written["whole"], real=1.5, flag=written["flag"], items=written["items"], table={})
    return Files(written["whole"], written["flag"], written["items"])


@case(
    "channels in constants",
    arguments={"name": 'it\'s "x"'},
    ran="echo keep",
    outputs={"Output": ['it\'s "x"', {"name": 'it\'s "x"', "both": ["a\nb", 'it\'s "x" and a\nb']}]},
)
def text_inside_constants(name: str) -> list:
    """Outputs and inputs that are text stand anywhere in a list or dict, alone or as parts of a text."""
    made = echo(text="a\nb").output
    return keep(values=[name, {"name": name, "both": [made, f"{name} and {made}"]}]).output


@case("channels in constants", ran="number flag keep", outputs={"Output": [1, {"yes": True, "both": [1, "1 true"]}]})
def typed_values_inside_constants() -> list:
    """An output that is all of an item of a list or dict keeps its type."""
    one, yes = number(value=1).output, flag(value=True).output
    return keep(values=[one, {"yes": yes, "both": [one, f"{one} {yes}"]}]).output


@case(
    "f-string",
    arguments={"name": 'O\'Neil "x"'},
    ran="number echo echo-2",
    outputs={"Output": 'O\'Neil "x": 6 of 6, <O\'Neil "x">'},
)
def text_with_several_channels(name: str) -> str:
    """An f-string takes any number of parameters and outputs, the same one twice too; whole numbers have no point."""
    six = number(value=6).output
    return echo(text=f"{name}: {six} of {six}, <{echo(text=name).output}>").output


@case(
    "f-string",
    arguments={"text": "{{$}} {{$.inputs.parameters['text']}}"},
    ran="echo echo-2",
    outputs={"Output": "<{{$}} {{$.inputs.parameters['text']}}>"},
)
def text_that_looks_like_a_placeholder(text: str) -> str:
    """Values are not read for placeholders anew: text that a user gives is text."""
    return echo(text=f"<{echo(text=text).output}>").output
