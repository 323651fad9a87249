"""A pipeline with everything that a page draws; one of its steps fails."""

from kfbridge import dsl
from kfbridge.dsl import (
    HTML,
    ClassificationMetrics,
    Dataset,
    Input,
    Markdown,
    Metrics,
    Output,
    PipelineTaskFinalStatus,
    SlicedClassificationMetrics,
)


@dsl.component
def load(rows: int, data: Output[Dataset]):
    for number in range(500):
        print(f"line {number} of the log")
    print("<script>document.title='taken'</script> \033[32mgreen\033[0m")
    data.metadata["rows"] = rows
    data.metadata["<script>document.title='taken'</script>"] = "</script><b>bold</b>"


@dsl.component
def fit(data: Input[Dataset], depth: int) -> float:
    if depth == 7:
        raise ValueError("too deep: <script>document.title='taken'</script>")
    return 0.8 + depth / 100


@dsl.component
def evaluate(
    score: float,
    scores: Output[Metrics],
    curves: Output[ClassificationMetrics],
    sliced: Output[SlicedClassificationMetrics],
    report: Output[HTML],
    notes: Output[Markdown],
) -> float:
    scores.log_metric("accuracy", score)
    scores.log_metric("<i>loss</i>", 0.123456789)
    rates = [number / 20 for number in range(21)]
    curves.log_roc_curve(rates, [rate ** (1 - score) for rate in rates], [1 - rate for rate in rates])
    curves.log_confusion_matrix(["setosa", "versicolor", "virginica"], [[48, 1, 1], [3, 41, 6], [0, 9, 41]])
    sliced.load_confusion_matrix("young", ["no", "yes"], [[90, 10], [30, 70]])
    with open(report.path, "w") as file:
        file.write("<h1>Report</h1><script>top.document.title = 'taken'</script>")
    with open(notes.path, "w") as file:
        file.write("# Notes\n\n**good**, see [docs](https://example.com)\n\n<script>document.title='taken'</script>\n")
    return score


@dsl.component
def deploy(score: float, note: str = "") -> str:
    return "deployed"


@dsl.component
def hold(score: float) -> str:
    return "held back"


@dsl.component
def flaky(marks: str) -> str:
    import os

    if not os.path.exists(marks):
        with open(marks, "w"):
            raise RuntimeError("not yet")
    return "fine"


@dsl.component
def tidy(status: PipelineTaskFinalStatus):
    print(status.state)


@dsl.pipeline
def training(rows: int) -> float:
    data = load(rows=rows)
    return fit(data=data.outputs["data"], depth=2).output


@dsl.pipeline(name="tuning", description="Tunes <script>document.title='taken'</script> a model.")
def tuning(marks: str, text: str, rows: int = 100):
    with dsl.ExitHandler(tidy(), name="watched"):
        data = load(rows=rows).set_display_name("load <script>document.title='taken'</script>")
        base = training(rows=rows)
        flaky(marks=marks).set_retry(2)
        with dsl.ParallelFor([1, 5, 7, 9], name="depths", parallelism=2) as depth:
            fitted = fit(data=data.outputs["data"], depth=depth)
            judged = evaluate(score=fitted.output)
            with dsl.If(judged.outputs["Output"] > 0.84, name="good"):
                deploy(score=judged.outputs["Output"])
            with dsl.Else(name="bad"):
                hold(score=judged.outputs["Output"])
        deploy(score=base.output, note=text)
