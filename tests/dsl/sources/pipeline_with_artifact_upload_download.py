from kfp import dsl
from kfp.dsl import Dataset, Output


@dsl.component(packages_to_install=["datasets==4.0.0"])
def download_dataset_and_upload_as_artifact(dataset_repo: str, dataset_name: str, output_dataset: Output[Dataset]):
    from datasets import load_dataset
    # Load data set from hugging face
    ds = load_dataset(dataset_repo, dataset_name)
    print("Downloaded Hugging Face data")
    print(f"Now saving to {output_dataset.path}")
    ds.save_to_disk(output_dataset.path)
    print(f"Saved to {output_dataset.path}")


@dsl.component
def print_dataset_info(dataset: Dataset):
    print('Information about the artifact')
    print('Name:', dataset.name)
    print('URI:', dataset.uri)
    assert "download-dataset-and-upload-as-artifact" in dataset.uri, "The URI of the downloaded artifact does not match the expected function's name that generated it"


@dsl.pipeline(
    name="pipeline-with-datasets",
    description="Download Hugging Face Data Set, upload it as an artifact and print its metadata",
)
def pipeline_with_datasets(dataset_name: str = "", dataset_repo: str = "google/frames-benchmark"):
    download_dataset_and_upload_as_artifact_task = download_dataset_and_upload_as_artifact(
        dataset_name=dataset_name, dataset_repo=dataset_repo
    )
    print_dataset_info(dataset=download_dataset_and_upload_as_artifact_task.output)


PIPELINE = pipeline_with_datasets
