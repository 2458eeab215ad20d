"""YAML files in and out: the exchange form of metadata, one readable file per component, with positions."""

from __future__ import annotations

from metadata.files.contents import Opened
from metadata.files.parse import Positions
from metadata.files.reading import Reading, read_folder
from metadata.files.writing import WrittenFiles, render, write_folder

__all__ = ["Opened", "Positions", "Reading", "WrittenFiles", "read_folder", "render", "write_folder"]
