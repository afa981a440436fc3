"""What a result rests on: the project's own code, the libraries' versions and this package's sources, as one digest.

Schema files, models of one's own and metrics of one's own are code of the project. They are run here, apart from all
other modules of the process, and every file of the project that running them pulled in counts.
"""

from workbench.provenance.loading import Loaded, run_file, run_module
from workbench.provenance.packages import library_versions, package_sources
from workbench.provenance.trust import code_folders, require_trusted

__all__ = [
    "Loaded",
    "code_folders",
    "library_versions",
    "package_sources",
    "require_trusted",
    "run_file",
    "run_module",
]
