"""The backend ``k8s``: each step becomes a Job, and kfbridge is the orchestrator."""
