from kfp import dsl
from kfp.dsl import Dataset, Input


@dsl.component
def input_artifact(data: Input[Dataset]):
    print(data.name)
    print(data.uri)
    print(data.metadata)


PIPELINE = input_artifact
