"""A volume claim reached from outside of the cluster: a pod on it, and a protocol over the API server's exec.

`storage` is what everybody else uses; `doorkeeper` is the program in the pod.
"""
