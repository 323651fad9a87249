from kfp import dsl


@dsl.component
def print_message(message: str):
    import datetime  # noqa: PLC0415
    import time  # noqa: PLC0415

    t_end = time.time() + 60
    while time.time() < t_end:
        print(message + " (" + str(datetime.datetime.now()) + ")")


@dsl.pipeline(
    name="log-streaming-pipeline",
    description="Pipeline that prints a hello message in a loop to test log streaming in Dashboard",
)
def log_streaming_pipeline(message: str = "Hello world"):
    print_message(message=message).set_caching_options(False)


PIPELINE = log_streaming_pipeline
