"""Start the app where only the package is installed; `workbench app` runs it."""

from workbench.ui.main import main

main()
