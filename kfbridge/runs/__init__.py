"""Runs as they lie on an artifact root: the documents of a run and of its tasks, the index, locks, logs, comparison.

A backend that is driven by the engine hands its events to a `recorder.Recorder`; any other writes `task.TaskRecord` by
`task.write_task`. Readers begin with `store.RunStore` (which runs there are) and `detail.read_detail` (all of one).
"""
