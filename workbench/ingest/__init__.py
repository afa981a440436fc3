"""Bring data in: a source becomes version 1, a newer delivery of it the next version."""

from workbench.ingest.importing import import_source

__all__ = ["import_source"]
