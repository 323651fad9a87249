"""Runs a resolved pipeline on a platform that has no orchestrator of its own.

    drive(graph, runner, journal, start=RunStarted(...))        the loop: events in, actions out
    fold(graph, read_journal(path)).tasks()                     the state of any run, from its journal alone

`Scheduler` decides, `Flow` moves the tree of task instances, `TaskRunner` is the port to a platform; a runner makes
what a step is given with `executor_input` and `command_line`, and reads what it left with `collect`.
"""
