"""What runs inside a step: standard library only, Python 3.8 and later, no other part of kfbridge.

`artifacts` and `annotations` are what a component is written with, `executor` calls its function, `shim` supplies
the modules named `kfp`, `main` is the command line, and `boot` the entry of a command that carries all of this
(`bundle` packs it). `forkserver` is a warm interpreter that runs many steps on one machine.
"""
