"""Steps and pipelines of the tests on a cluster; each step leaves a line in a file that all can reach."""

# ruff: noqa: PTH110, PTH123  steps as users write them

from __future__ import annotations

from kfbridge import dsl

IMAGE = "busybox:1.36"  # the room maps every image to the one that it has


@dsl.component
def mark(scratch: str, name: str, seconds: float = 0.0, after: int = 0) -> int:
    """Write that it ran, then take some time."""
    import time

    print("begun", name, flush=True)
    with open(f"{scratch}/{name}", "a") as file:
        file.write("ran\n")
    time.sleep(seconds)
    print("done", name, flush=True)
    return after + 1


@dsl.component
def wait_for_release(scratch: str, name: str) -> str:
    """Run until the test makes the file ``release``; a second execution is told by its line."""
    import os
    import time

    with open(f"{scratch}/{name}", "a") as file:
        file.write("ran\n")
    until = time.time() + 120
    while not os.path.exists(f"{scratch}/release"):
        if time.time() > until:
            raise TimeoutError("nobody released it")
        time.sleep(0.2)
    return name


@dsl.component
def raise_it(message: str) -> int:
    """Fail."""
    raise ValueError(message)


@dsl.component
def take_memory(megabytes: int) -> int:
    """Use memory."""
    return len(bytearray(megabytes << 20))


@dsl.container_component
def shell(script: str):  # type: ignore[no-untyped-def]
    """Run a script."""
    return dsl.ContainerSpec(image=IMAGE, command=["sh", "-c"], args=[script])


@dsl.pipeline
def chain(scratch: str) -> int:
    """Three steps in a row; the middle one waits to be released, and is tried again if it fails."""
    first = mark(scratch=scratch, name="first")
    middle = wait_for_release(scratch=scratch, name="middle").after(first).set_retry(3, backoff_duration="5s")
    return mark(scratch=scratch, name="last", after=first.output).after(middle).output
