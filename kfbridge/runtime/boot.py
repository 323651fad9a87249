"""The entry of a step whose command carries both the runtime and the user's source.

``python3 -c LOADER BUNDLE SOURCE [options of kfbridge.runtime.main]``. The source becomes a file, so that tracebacks,
`inspect` and worker processes find it; it is gone when the step ends.
"""

import atexit
import os
import shutil
import sys
import tempfile

from kfbridge.runtime.main import main
from kfbridge.runtime.shim import install

MODULE = "ephemeral_component"  # the name that KFP gives it
# A worker process that is started afresh imports the source again, and with it `kfp`: this file is what it finds.
WORKER = """import sys,types,zlib,binascii
m=types.ModuleType('kfbridge_runtime')
sys.modules[m.__name__]=m
exec(zlib.decompress(binascii.a2b_base64(%r)),vars(m))
m.install()
del sys.modules['kfp']
import kfp
"""


def boot() -> None:
    """Run the step of this process's command line and exit with its code."""
    bundle, source, *argv = sys.argv[1:]
    folder = tempfile.mkdtemp(prefix="kfbridge-")
    atexit.register(shutil.rmtree, folder, True)
    path = os.path.join(folder, MODULE + ".py")
    for name, text in ((path, source), (os.path.join(folder, "kfp.py"), WORKER % bundle)):
        with open(name, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(text)
    install()
    sys.argv = [path, *argv]
    sys.exit(main(["--component_module_path", path, *argv]))
