"""The backend ``vertex``: the pipeline becomes a PipelineJob."""
