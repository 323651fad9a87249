"""If, Elif and Else."""

from __future__ import annotations

from kfbridge import dsl
from kfbridge.testing.case import case
from kfbridge.testing.cases.steps import add, echo, nothing, number


@dsl.component
def yes():
    pass


@dsl.component
def no():
    pass


@dsl.component
def first():
    pass


@dsl.component
def second():
    pass


@dsl.component
def third():
    pass


@dsl.component
def truth(value: bool) -> bool:
    return value


@dsl.component
def ratio(value: float) -> float:
    return value


@dsl.pipeline
def no_if_two(value: int):
    with dsl.If(value == 2):
        no()


@case("If", ran="number yes", skipped="no nothing")
def true_and_false() -> None:
    """What stands under a condition runs if it is true, and is skipped if not, with all that follows in it."""
    value = number(value=3).output
    with dsl.If(value == 3):
        yes()
    with dsl.If(value != 3):
        nothing().after(no())


@case("If", "Elif", "Else", ran="number second", skipped="first third nothing")
def first_true_branch() -> None:
    """Of If, Elif and Else exactly the first that is true runs, also where a later one is true as well."""
    value = number(value=5).output
    with dsl.If(value > 5):
        first()
    with dsl.Elif(value > 2):
        second()
    with dsl.Elif(value > 1):
        third()
    with dsl.Else():
        nothing()


@case("If", "Else", ran="number no", skipped="yes")
def otherwise() -> None:
    """Else runs when nothing before it was true."""
    with dsl.If(number(value=0).output == 1):
        yes()
    with dsl.Else():
        no()


@case("If", ran="number add add-2 add-3", skipped="add-4 add-5 add-6")
def every_operator() -> None:
    """== <= >= are true of equal numbers, != < > are not."""
    five = number(value=5).output
    for condition in (five == 5, five <= 5, five >= 5, five != 5, five < 5, five > 5):
        with dsl.If(condition):
            add(a=1)


@case("If", ran="number number-2 add add-2", skipped="add-3")
def numbers_are_compared_as_numbers() -> None:
    """10 is more than 9, whatever their texts say; a whole number equals its float."""
    nine, ten = number(value=9).output, number(value=10).output
    for condition in (nine < ten, ten == 10.0, ten < 9.5):
        with dsl.If(condition):
            add(a=1)


@case("If", arguments={"text": 'it\'s "so"\n\\'}, ran="echo yes", skipped="no")
def text_is_compared(text: str) -> None:
    """Text is compared by its characters, quotes, backslashes and line breaks included."""
    value = echo(text=text).output
    with dsl.If(value == 'it\'s "so"\n\\'):
        yes()
    with dsl.If(value == "it's"):
        no()


@case("If", ran="truth truth-2 yes", skipped="no")
def booleans_are_compared() -> None:
    """A boolean output equals True or False."""
    with dsl.If(truth(value=True).output == True):  # noqa: E712
        yes()
    with dsl.If(truth(value=False).output == True):  # noqa: E712
        no()


@case("If", ran="ratio yes", skipped="no")
def floats_are_compared() -> None:
    """A float output is compared with a float."""
    value = ratio(value=0.95).output
    with dsl.If(value > 0.9):
        yes()
    with dsl.If(value >= 0.96):
        no()


@case("If", arguments={"go": "on", "level": 0}, ran="yes", skipped="no")
def arguments_are_compared(go: str, level: int = 4) -> None:
    """A condition may look at the pipeline's own inputs, zero included."""
    with dsl.If(go == "on"):
        yes()
    with dsl.If(level != 0):
        no()


@case("If", ran="number first second", skipped="third nothing")
def conditions_in_conditions() -> None:
    """A condition is asked only where the one around it is true."""
    value = number(value=5).output
    with dsl.If(value > 1):
        first()
        with dsl.If(value > 2):
            second()
        with dsl.If(value > 7):
            third()
    with dsl.If(value > 6):
        with dsl.If(value > 1):
            nothing()


@case("If", "after", "nested pipelines", ran="number nothing", skipped="no")
def after_skipped_steps() -> None:
    """What only comes after a pipeline whose steps were skipped runs."""
    nothing().after(no_if_two(value=number(value=1).output))


@case("If", ran="number", skipped="number-2 add add-2")
def data_of_skipped_steps() -> None:
    """In a condition that is false a chain of data is skipped from end to end, conditions on it included."""
    with dsl.If(number(value=1).output == 2):
        inner = number(value=5).output
        with dsl.If(inner == 5):
            add(a=add(a=inner).output)
