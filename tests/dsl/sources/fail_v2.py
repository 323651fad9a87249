from kfp import dsl


@dsl.component
def fail():
    '''Fails'''
    import sys
    sys.exit(1)


@dsl.pipeline(name="fail-pipeline")
def fail_pipeline():
    fail()


PIPELINE = fail_pipeline
