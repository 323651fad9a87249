"""One pipeline, any cloud: written in the language of Kubeflow Pipelines, run where you point it."""

__version__ = "0.1.0"
