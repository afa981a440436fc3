"""Bring data in: a source becomes version 1, a newer delivery of it the next version."""

from workbench.ingest.deliveries import overtaken, source_digest, why_not_merged
from workbench.ingest.importing import import_source
from workbench.ingest.options import ReadOptions, parse_header
from workbench.ingest.preview import Preview, preview
from workbench.ingest.refreshing import refresh
from workbench.ingest.results import RefreshResult

__all__ = [
    "Preview",
    "ReadOptions",
    "RefreshResult",
    "import_source",
    "overtaken",
    "parse_header",
    "preview",
    "refresh",
    "source_digest",
    "why_not_merged",
]
