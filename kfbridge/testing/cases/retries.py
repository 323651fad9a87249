"""Retries: of steps and of whole pipelines."""

from __future__ import annotations

from kfbridge import dsl
from kfbridge.dsl import Dataset, Output
from kfbridge.testing.case import case
from kfbridge.testing.cases.steps import echo, fail, nothing, number, read


@dsl.component
def flaky(scratch: str, name: str, failures: int) -> int:
    """Fails as often as `failures` says, then returns the number of the attempt."""
    import os

    for attempt in range(1, 100):
        mark = os.path.join(scratch, f"{name}-{attempt}")
        if not os.path.exists(mark):
            open(mark, "w").close()
            break
    if attempt <= failures:
        raise RuntimeError(f"attempt {attempt}")
    return attempt


@dsl.component
def flaky_artifact(scratch: str, data: Output[Dataset]):
    import os

    first = not os.path.exists(scratch + "/mark")
    open(scratch + "/mark", "w").close()
    assert not os.path.exists(data.path), "something is there from the first attempt"
    with open(data.path, "w") as file:
        file.write("first" if first else "second")
    if first:
        raise RuntimeError("first attempt")


@dsl.pipeline
def inner_flaky(scratch: str) -> int:
    return flaky(scratch=scratch, name="step", failures=1).set_retry(1, backoff_duration="0s").output


@dsl.pipeline
def two_steps(scratch: str) -> int:
    nothing()
    return flaky(scratch=scratch, name="step", failures=1).output


@case("retry", ran="flaky", attempts={"flaky": 3}, outputs={"Output": 3})
def retried_until_it_succeeds(scratch: str) -> int:
    """A failed step is tried again, as often as its retries allow, and is succeeded in the end."""
    return flaky(scratch=scratch, name="step", failures=2).set_retry(3, backoff_duration="0s").output


@case("retry", state="failed", ran="number", failed="fail", skipped="echo", attempts={"fail": 3})
def retries_exhausted() -> None:
    """A step whose retries are used up has failed."""
    echo(text="no").after(fail().set_retry(2, backoff_duration="0s"))
    number(value=1)


@case("retry", state="failed", failed="fail", attempts={"fail": 1})
def no_retries() -> None:
    """A step that asks for no retries is tried once."""
    fail()


@case("retry", "nested pipelines", ran="flaky", attempts={"flaky": 2}, outputs={"Output": 2})
def retry_in_a_nested_pipeline(scratch: str) -> int:
    """A step in a nested pipeline is retried there."""
    return inner_flaky(scratch=scratch).output


@case("retry", "nested pipelines", ran="flaky nothing", outputs={"Output": 2})
def retry_of_a_nested_pipeline(scratch: str) -> int:
    """A nested pipeline is run again when it failed."""
    return two_steps(scratch=scratch).set_retry(2, backoff_duration="0s").output


@case("retry", "ParallelFor", ran="flaky*2")
def retry_in_a_loop(scratch: str) -> None:
    """Each iteration has retries of its own."""
    with dsl.ParallelFor(["a", "b"]) as name:
        flaky(scratch=scratch, name=name, failures=1).set_retry(1, backoff_duration="0s")


@case("retry", "artifacts", ran="flaky-artifact read", outputs={"Output": "second"})
def artifact_of_the_last_attempt(scratch: str) -> str:
    """What a failed attempt wrote is neither there for the next nor passed on."""
    task = flaky_artifact(scratch=scratch).set_retry(1, backoff_duration="0s")
    return read(data=task.outputs["data"]).output


@case("retry", "ExitHandler", ran="flaky nothing", attempts={"flaky": 2})
def retry_in_an_exit_handler(scratch: str) -> None:
    """The exit task waits for the last attempt."""
    with dsl.ExitHandler(nothing()):
        flaky(scratch=scratch, name="step", failures=1).set_retry(2, backoff_duration="0s")
