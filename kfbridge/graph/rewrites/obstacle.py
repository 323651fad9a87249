"""Why something is left as it is."""

from __future__ import annotations

from kfbridge.findings import Finding, Level


class Obstacle(Exception):
    """The rewrite would change what the pipeline means here.

    Args:
        reason: Why, as a part of a sentence.
        remedy: What the user can do, as a sentence.
    """

    def __init__(self, reason: str, remedy: str) -> None:
        self.reason = reason
        self.remedy = remedy
        super().__init__(reason)

    def finding(self, feature: str, task: str) -> Finding:
        """What is said about the task that stays as it is."""
        return Finding(feature, task, Level.REFUSED, self.reason, self.remedy)
