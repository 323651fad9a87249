from kfp import dsl


@dsl.component
def identity(value: str) -> str:
    return value


PIPELINE = identity
