from kfp import dsl


@dsl.component
def exit_comp(status: dsl.PipelineTaskFinalStatus):
    print(status)


PIPELINE = exit_comp
