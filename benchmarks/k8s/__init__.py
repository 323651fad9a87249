"""Measures of the Kubernetes backend; ``python -m benchmarks.k8s`` (not a module `kubernetes`: that is a library's)."""
