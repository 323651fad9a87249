"""Caching: what is answered from an earlier run."""

from __future__ import annotations

from kfbridge import dsl
from kfbridge.dsl import Dataset, Output
from kfbridge.testing.case import case
from kfbridge.testing.cases.steps import add, read


@dsl.component
def times(scratch: str, salt: int = 0) -> int:
    """How many times this was run in the folder."""
    with open(scratch + f"/times-{salt}", "a+") as file:
        file.write(".")
        file.flush()
        file.seek(0)
        return len(file.read())


@dsl.component
def written(scratch: str, data: Output[Dataset]):
    with open(scratch + "/count", "a+") as file:
        file.write(".")
        file.flush()
        file.seek(0)
        text = file.read()
    with open(data.path, "w") as file:
        file.write(text)
    data.metadata["dots"] = len(text)


@dsl.component
def fail_first(scratch: str) -> int:
    import os

    if not os.path.exists(scratch + "/failed"):
        open(scratch + "/failed", "w").close()
        raise RuntimeError("first run")
    return 2


@case("caching", runs=2, ran="times add", cached="times add", outputs={"Output": 2})
def second_run_is_cached(scratch: str) -> int:
    """Run again with the same inputs, a step is answered from the run before."""
    return add(a=times(scratch=scratch).output).output


@case("caching", runs=2, ran="times add", cached="", outputs={"Output": 3})
def caching_switched_off(scratch: str) -> int:
    """A task that does not want caching runs every time, and what reads a new value from it does too."""
    return add(a=times(scratch=scratch).set_caching_options(False).output).output


@case("caching", "artifacts", runs=2, ran="written read", cached="written read", outputs={"Output": "."})
def artifacts_from_the_cache(scratch: str) -> str:
    """Artifacts come from the cache too, with their contents."""
    return read(data=written(scratch=scratch).outputs["data"]).output


@case("caching", runs=2, ran="fail-first", cached="", outputs={"Output": 2})
def failures_are_not_cached(scratch: str) -> int:
    """A step that failed is run again in the next run."""
    return fail_first(scratch=scratch).output


@case("caching", "ParallelFor", runs=2, ran="times*2", cached="times*2")
def iterations_are_cached(scratch: str) -> None:
    """Iterations are answered from the cache each by its own item."""
    with dsl.ParallelFor([1, 2]) as item:
        times(scratch=scratch, salt=item)
