import os

from kfp import dsl


ASSETS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "assets")


@dsl.component(embedded_artifact_path=os.path.join(ASSETS, "log"))
def read_embedded_artifact_dir(artifact: dsl.EmbeddedInput[dsl.Dataset]):
    import os

    with open(os.path.join(artifact.path, "log.txt"), "r", encoding="utf-8") as f:
        log = f.read()

    assert log == "Hello, world!"


@dsl.component(embedded_artifact_path=os.path.join(ASSETS, "log", "log.txt"))
def read_embedded_artifact_file(artifact: dsl.EmbeddedInput[dsl.Dataset]):
    with open(artifact.path, "r", encoding="utf-8") as f:
        log = f.read()

    assert log == "Hello, world!"


@dsl.pipeline(name="nb-simple")
def nb_simple():
    read_embedded_artifact_dir().set_caching_options(False)
    read_embedded_artifact_file().set_caching_options(False)


PIPELINE = nb_simple
