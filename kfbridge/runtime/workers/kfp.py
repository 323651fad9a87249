"""What ``import kfp`` finds in a worker process that a step starts afresh (`multiprocessing`'s spawn, joblib).

Such a process imports the step's source again, and knows nothing of the runtime; its `sys.path` is the step's, which
ends with this folder. The real kfp, where it is installed, comes before.
"""

import sys
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

_folder = Path(__file__).resolve().parent.parent
_spec = spec_from_file_location("kfbridge.runtime", _folder / "__init__.py", submodule_search_locations=[str(_folder)])
if _spec is not None and "kfbridge.runtime" not in sys.modules:
    sys.modules["kfbridge.runtime"] = module_from_spec(_spec)

from kfbridge.runtime.shim import install  # noqa: E402

install()
del sys.modules["kfp"]
import_module("kfp")
