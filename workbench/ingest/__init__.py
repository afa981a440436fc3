"""Bring data in: a source becomes version 1, a newer delivery of it the next version."""

from workbench.ingest.importing import import_source
from workbench.ingest.options import ReadOptions, parse_header
from workbench.ingest.preview import Preview, preview
from workbench.ingest.refreshing import refresh
from workbench.ingest.results import RefreshResult
from workbench.ingest.sources import source_digest

__all__ = [
    "Preview",
    "ReadOptions",
    "RefreshResult",
    "import_source",
    "parse_header",
    "preview",
    "refresh",
    "source_digest",
]
