"""What backends share whose platform has no orchestrator: kfbridge's engine drives their runs.

`DrivenBackend` keeps the runs, their records and their logs under an artifact root that is a folder of this machine (or
is mounted here), and drives each in a thread of this process. A backend of this kind says what it has (`check`) and how
one attempt of one step is run (`runner`); ``docs/write-a-backend.md`` builds one.
"""

from kfbridge.backends.driven.attempt import Attempt
from kfbridge.backends.driven.backend import DrivenBackend
from kfbridge.backends.driven.capabilities import driven_capabilities
from kfbridge.backends.driven.config import DrivenConfig

__all__ = ["Attempt", "DrivenBackend", "DrivenConfig", "driven_capabilities"]
