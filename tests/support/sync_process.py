"""A worker as a process of its own, to be killed: `python -m support.sync_process DATABASE OUTSIDE BATCH`."""

import sys
import threading

from runtime.database import make_engine
from runtime.sync.worker import Worker
from support.harbour import boats, harbours, snapshot_of


def main() -> None:
    """Work until killed, on an outside SQL database, with the world's maps in small batches."""
    database, outside, batch = sys.argv[1:]
    size = {"batch_size": int(batch), "interval": 0.05}
    snapshot = snapshot_of(harbours(**size), boats(**size), settings={"url": outside}, connector="sql")
    worker = Worker(make_engine(database), lambda: snapshot, threading.Event())
    print("working", flush=True)
    worker.run()


if __name__ == "__main__":
    main()
