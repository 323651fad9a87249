"""What the containers ``stage-in`` and ``stage-out`` of a pod run: data between a bucket and the step's folders.

::

    python3 -m kfbridge.backends.k8s.copying in       before the step: brings its inputs, makes its folders
    python3 -m kfbridge.backends.k8s.copying out      after it: stores what it left, and last left.json

It asks no cluster and needs no configuration file: `errand` has the variables that it is given, by
`kfbridge.backends.k8s.staging`. `arrival` and `departure` are the two directions, `stores` knows which storage a URI
is of, `left` is the document from which the runner reads what became of the step. A failure is told on standard
error, and to the kubelet as the container's termination message (`report`).
"""
