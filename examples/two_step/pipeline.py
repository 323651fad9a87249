"""A file goes from one step to the next; the second one asks for a machine with a GPU."""

from kfbridge import dsl
from kfbridge.dsl import InputPath, OutputPath


@dsl.component
def generate(rows: int, data: OutputPath("Dataset")):
    """Write points near the line y = 3x + 1."""
    import random

    random.seed(0)
    with open(data, "w") as file:
        for x in range(rows):
            file.write(f"{x},{3 * x + 1 + random.uniform(-0.5, 0.5)}\n")


@dsl.component
def train(data: InputPath("Dataset")) -> float:
    """Fit a line by least squares and return its slope."""
    with open(data) as file:
        points = [tuple(map(float, line.split(","))) for line in file]
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    slope = sum((x - mean_x) * (y - mean_y) for x, y in points) / sum((x - mean_x) ** 2 for x, _ in points)
    print(f"{len(points)} points, slope {slope:.3f}")
    return slope


@dsl.pipeline(name="two-step")
def two_step(rows: int = 1000) -> float:
    """Makes data, then trains on it."""
    made = generate(rows=rows)
    trained = train(data=made.outputs["data"])
    trained.set_cpu_request("1").set_cpu_limit("2")
    trained.set_memory_request("2Gi").set_memory_limit("4Gi")
    trained.set_accelerator_type("nvidia.com/gpu").set_accelerator_limit(1)
    return trained.output
