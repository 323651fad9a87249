from kfp import dsl


@dsl.component
def branch_a() -> str:
    return 'A'


@dsl.component
def branch_b() -> str:
    return 'B'


@dsl.component
def tag_selected(value: str) -> str:
    return f'selected:{value}'


@dsl.pipeline(name="pipeline-with-oneof")
def pipeline_with_oneof(pick_a: bool = True) -> str:
    with dsl.If(pick_a == True):
        branch_a_task = branch_a()
    with dsl.Else():
        branch_b_task = branch_b()
    tag_selected_task = tag_selected(value=dsl.OneOf(branch_a_task.output, branch_b_task.output))
    return tag_selected_task.output


PIPELINE = pipeline_with_oneof
