from kfp import dsl


@dsl.component(
    packages_to_install=["yapf"],
    pip_index_urls=["https://packages.example/simple", "https://packages.example/simple"],
    use_venv=True,
)
def component_with_pip_install():
    import yapf

    print(dir(yapf))


PIPELINE = component_with_pip_install
