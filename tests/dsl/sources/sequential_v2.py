from kfp import dsl


@dsl.container_component
def download(url: str, downloaded: dsl.OutputPath(str)):
    return dsl.ContainerSpec(
        image="google/cloud-sdk",
        command=["sh", "-c"],
        args=[f"gsutil cp {url} {downloaded}"],
    )


@dsl.container_component
def echo(downloaded: str):
    return dsl.ContainerSpec(
        image="library/bash",
        command=["sh", "-c"],
        args=[f"echo {downloaded}"],
    )


@dsl.pipeline(name="sequential")
def sequential(url: str):
    download_task = download(url=url)
    echo(downloaded=download_task.output)


PIPELINE = sequential
