import os

from kfp import dsl


NOTEBOOK = os.path.join(os.path.dirname(os.path.abspath(__file__)), "assets", "nb_train_simple.ipynb")


@dsl.notebook_component(notebook_path=NOTEBOOK)
def run_train_notebook(text: str):
    # text is not defined in the notebook but text2 is defined
    dsl.run_notebook(text=text)

    with open("/tmp/kfp_nb_outputs/log.txt", "r", encoding="utf-8") as f:
        log = f.read()

    assert log == text + " " + "default2"


@dsl.pipeline(name="nb-simple")
def nb_simple(text: str = "hello"):
    run_train_notebook(text=text).set_caching_options(False)


PIPELINE = nb_simple
