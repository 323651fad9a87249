"""ExitHandler, and what an exit task is told."""

from __future__ import annotations

from kfbridge import dsl
from kfbridge.dsl import PipelineTaskFinalStatus
from kfbridge.testing.case import case
from kfbridge.testing.cases.steps import add, echo, fail, fail_if, nothing, number


@dsl.component
def expect_status(status: PipelineTaskFinalStatus, state: str, task: str):
    assert status.state == state, status.state
    assert status.pipeline_task_name.startswith(task), status.pipeline_task_name
    assert status.pipeline_job_resource_name
    assert bool(status.error_message) == (state != "SUCCEEDED"), status.error_message


@dsl.component
def finish(text: str):
    pass


@dsl.pipeline
def clean_up(text: str):
    first = echo(text=text)
    finish(text=first.output)


@case("ExitHandler", ran="number finish")
def exit_after_success() -> None:
    """The exit task runs when all in the handler has succeeded."""
    with dsl.ExitHandler(finish(text="end")):
        number(value=1)


@case("ExitHandler", "failure", state="failed", ran="finish", failed="fail", skipped="add")
def exit_after_failure() -> None:
    """The exit task runs when something in the handler has failed; the run is failed all the same."""
    with dsl.ExitHandler(finish(text="end")):
        add(a=fail().output)


@case("ExitHandler", arguments={"text": "for the exit"}, ran="number finish")
def exit_task_with_inputs(text: str) -> None:
    """An exit task takes inputs of the pipeline."""
    with dsl.ExitHandler(finish(text=f"{text}: {text}")):
        number(value=1)


@case("ExitHandler", "PipelineTaskFinalStatus", ran="number expect-status")
def final_status_of_success() -> None:
    """The exit task is told the state and the name of what it closes."""
    with dsl.ExitHandler(expect_status(state="SUCCEEDED", task="exit-handler-1")):
        number(value=1)


@case("ExitHandler", "PipelineTaskFinalStatus", state="failed", ran="expect-status", failed="fail")
def final_status_of_failure() -> None:
    """After a failure it is told so, with a message."""
    with dsl.ExitHandler(expect_status(state="FAILED", task="exit-handler-1")):
        fail(message="the disk is full")


@case("ignore_upstream_failure", "PipelineTaskFinalStatus", state="failed", ran="expect-status", failed="fail")
def final_status_of_a_step() -> None:
    """A task that ignores failures is told the final status of the step before it."""
    expect_status(state="FAILED", task="fail").after(fail()).ignore_upstream_failure()


@case("ExitHandler", "failure", state="failed", ran="number", failed="fail")
def exit_task_fails() -> None:
    """A run whose exit task fails is failed."""
    with dsl.ExitHandler(fail()):
        number(value=1)


@case("ExitHandler", "nested pipelines", state="failed", ran="echo finish", failed="fail")
def pipeline_as_exit_task() -> None:
    """A pipeline may be the exit task; it runs whole, also after a failure."""
    with dsl.ExitHandler(clean_up(text="end")):
        fail()


@case("ExitHandler", "ParallelFor", state="failed", ran="fail-if*2 finish", failed="fail-if")
def loop_in_an_exit_handler() -> None:
    """The exit task waits for every iteration of a loop in the handler, failed ones included."""
    with dsl.ExitHandler(finish(text="end")):
        with dsl.ParallelFor([1, 2, 3]) as item:
            fail_if(value=item, bad=2)


@case("ExitHandler", "If", ran="number finish", skipped="nothing")
def skipped_in_an_exit_handler() -> None:
    """The exit task runs after steps that were skipped."""
    with dsl.ExitHandler(finish(text="end")):
        with dsl.If(number(value=1).output == 2):
            nothing()


@case("ExitHandler", "failure", state="failed", ran="finish number", failed="fail", skipped="nothing")
def after_an_exit_handler() -> None:
    """What comes after a handler in which something failed is not run; what is beside it is."""
    with dsl.ExitHandler(finish(text="end")) as handler:
        fail()
    nothing().after(handler)
    number(value=1)


@case("ExitHandler", ran="finish finish-2 number nothing")
def two_exit_handlers() -> None:
    """A pipeline may have several handlers."""
    with dsl.ExitHandler(finish(text="first")):
        number(value=1)
    with dsl.ExitHandler(finish(text="second")):
        nothing()
