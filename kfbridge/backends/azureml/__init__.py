"""The backend ``azureml``: the pipeline becomes a pipeline job."""
