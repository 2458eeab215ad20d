"""The same table loaded by dlt, in an interpreter of its own that has `dlt[postgres,sql_database]` and nothing of ours.

`python with_dlt.py OUTSIDE INSIDE BACKEND FOLDER` prints the seconds that the load took and the peak of its memory as JSON.
"""

from __future__ import annotations

import json
import resource
import sys
import time

import dlt
from dlt.sources.sql_database import sql_table
from sqlalchemy import make_url

CHUNK = 50_000


def main() -> None:
    """Extract, normalise and load one table, as dlt's own guide does."""
    outside, inside, backend, folder = sys.argv[1:]
    source = sql_table(credentials=_address(outside), table="item", backend=backend, chunk_size=CHUNK)
    destination = dlt.destinations.postgres(_address(inside))
    pipeline = dlt.pipeline("foyer_bench", destination=destination, dataset_name="loaded", pipelines_dir=folder)
    begun = time.perf_counter()
    pipeline.run(source, write_disposition="replace").raise_on_failed_jobs()
    seconds = time.perf_counter() - begun
    used = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(json.dumps({"version": dlt.__version__, "seconds": seconds, "megabytes": used // 1024}))


def _address(url: str) -> str:
    """The address with some password: dlt wants one also where the server asks for none."""
    address = make_url(url)
    return address.set(password=address.password or "none").render_as_string(hide_password=False)


if __name__ == "__main__":
    main()
