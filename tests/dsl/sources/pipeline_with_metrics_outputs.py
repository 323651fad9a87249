from kfp import dsl
from kfp.dsl import Metrics, Output, component


@dsl.component
def output_metrics(metrics: Output[Metrics]):
    """Dummy component that outputs metrics with a random accuracy."""
    import random
    result = random.randint(0, 100)
    metrics.log_metric('accuracy', result)


@dsl.pipeline(name="pipeline-with-metrics-outputs")
def pipeline_with_metrics_outputs():
    output_metrics()
    with dsl.ParallelFor([1, 2]) as item_2:
        output_metrics()


PIPELINE = pipeline_with_metrics_outputs
