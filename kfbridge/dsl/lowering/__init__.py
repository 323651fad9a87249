"""From a traced pipeline to KFP's `PipelineSpec`, in JSON form."""
