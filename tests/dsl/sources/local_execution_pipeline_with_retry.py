from kfp import dsl


@dsl.component
def flaky(counter_path: str) -> str:
    import os
    count = 0
    if os.path.exists(counter_path):
        with open(counter_path) as f:
            count = int(f.read().strip() or '0')
    count += 1
    with open(counter_path, 'w') as f:
        f.write(str(count))
    if count <= 1:
        raise RuntimeError(f'flaky attempt {count}')
    return f'attempt={count}'


@dsl.pipeline(name="pipeline-with-retry")
def pipeline_with_retry(counter_path: str) -> str:
    flaky_task = flaky(counter_path=counter_path).set_retry(
        backoff_duration="0s", backoff_factor=1.0, backoff_max_duration="3600s", num_retries=3
    )
    return flaky_task.output


PIPELINE = pipeline_with_retry
