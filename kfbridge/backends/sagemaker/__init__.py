"""The backend ``sagemaker``: the pipeline becomes a pipeline definition."""
