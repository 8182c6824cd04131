"""A whole federation on this machine: for ``settle``, ``demo`` and the tests.

Five NATS servers, one database for each region, four nodes: each a process of
its own, each started again when it dies, none left behind.
"""
