"""``python -m deploy.cli.nursery``: reads what a node runs on, once, and forks nodes."""

import sys

import deploy.bootstrap
import deploy.observability
import deploy.server
from deploy.cli.app import main
from deploy.local.forking import fork_as_asked
from deploy.local.process import end_with

if __name__ == "__main__":
    deploy.bootstrap.collect_seldom()
    if fork_as_asked(end_with):
        sys.argv = ["fagnett", "node"]
        main()
