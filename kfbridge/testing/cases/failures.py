"""What a failed step stops, and what it does not."""

from __future__ import annotations

from kfbridge import dsl
from kfbridge.dsl import Dataset, Output
from kfbridge.testing.case import case
from kfbridge.testing.cases.steps import add, echo, fail, nothing, number


@dsl.component
def default(value: int = -1, note: str = "") -> int:
    return value


@dsl.component
def expect(value: int = -1, wanted: int = -1):
    assert value == wanted, value


@dsl.component
def owes() -> int:
    import os

    os._exit(0)


@dsl.component
def killed():
    import os
    import signal

    os.kill(os.getpid(), signal.SIGKILL)


@dsl.component
def exits():
    import sys

    sys.exit(3)


@dsl.component
def wrong_type() -> int:
    return "three"


@case("failure", state="failed", ran="number add-2", failed="fail", skipped="add nothing")
def failed_step() -> None:
    """What needs a failed step, or comes after it, is not run; independent branches go on."""
    broken = fail()
    add(a=broken.output)
    nothing().after(broken)
    add(a=number(value=1).output)


@case("failure", state="failed", failed="fail", skipped="add add-2 add-3")
def failure_reaches_the_end_of_the_chain() -> None:
    """Steps that follow indirectly are not run either."""
    add(a=add(a=add(a=fail().output).output).output)


@case("failure", state="failed", ran="nothing", failed="killed exits wrong-type owes")
def ways_to_fail() -> None:
    """A step fails by a signal, an exit code, a value of the wrong type, or an output that it owes."""
    killed()
    exits()
    wrong_type()
    owes()
    nothing()


@case("failure", "If", state="failed", ran="number", failed="fail", skipped="echo nothing")
def failure_in_a_condition() -> None:
    """A step that fails in a condition makes the run fail; conditions on what it owed are not asked."""
    with dsl.If(number(value=1).output == 1):
        broken = fail()
        with dsl.If(broken.output == 1):
            nothing()
        with dsl.If(broken.output != 1):
            echo(text="no")


@case("ignore_upstream_failure", state="failed", ran="expect", failed="fail")
def failure_ignored() -> None:
    """A task that ignores failures before it runs; the input that nothing feeds takes its default. The run fails."""
    expect(value=fail().output, wanted=-1).ignore_upstream_failure()


@case("ignore_upstream_failure", ran="number expect")
def nothing_to_ignore() -> None:
    """Where nothing failed, a task that would ignore failures is given its inputs."""
    expect(value=number(value=5).output, wanted=5).ignore_upstream_failure()


@case("ignore_upstream_failure", state="failed", ran="default expect", failed="fail", skipped="add")
def going_on_after_an_ignored_failure() -> None:
    """What follows a task that ignored a failure runs as usual."""
    broken = fail()
    settled = default(value=add(a=broken.output).output).ignore_upstream_failure()
    expect(value=settled.output, wanted=-1)


@case("failure", "artifacts", state="failed", failed="half", skipped="reads")
def artifact_of_a_failed_step() -> None:
    """An artifact that a step wrote before it failed is not passed on."""
    reads(data=half().outputs["data"])


@dsl.component
def half(data: Output[Dataset]):
    with open(data.path, "w") as file:
        file.write("half")
    raise RuntimeError("on purpose")


@dsl.component
def reads(data: dsl.Input[Dataset]):
    pass


@dsl.component
def sleeps(seconds: int):
    import time

    time.sleep(seconds)


@case("timeout", state="failed", ran="sleeps-2 number", failed="sleeps", skipped="nothing")
def step_that_takes_too_long() -> None:
    """A step that takes longer than its timeout is ended and has failed; one that takes less is not."""
    nothing().after(sleeps(seconds=600).set_timeout(1))
    sleeps(seconds=0).set_timeout("10m")
    number(value=1)
