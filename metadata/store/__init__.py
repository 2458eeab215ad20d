"""The store: every change of the metadata as an append-only revision, every published set of them as a release.

In: components, who changes them and why. Out: the components of any release, drafts, history, differences.
"""

from __future__ import annotations

from metadata.store.bodies import Sketch
from metadata.store.difference import Change, Difference, compare
from metadata.store.errors import EditedMeanwhile, NoContent, NoSuchComponent, NoSuchRelease, OtherContent, StoreError
from metadata.store.publishing import Guard, Published, checked_snapshot
from metadata.store.revisions import Release, Revision
from metadata.store.state import Standing
from metadata.store.store import Components, MetadataStore
from metadata.store.tables import LATEST_RELEASE

__all__ = [
    "LATEST_RELEASE",
    "Change",
    "Components",
    "Difference",
    "EditedMeanwhile",
    "Guard",
    "MetadataStore",
    "NoContent",
    "NoSuchComponent",
    "NoSuchRelease",
    "OtherContent",
    "Published",
    "Release",
    "Revision",
    "Sketch",
    "Standing",
    "StoreError",
    "checked_snapshot",
    "compare",
]
