"""Show the page that the address names: what Streamlit runs for each visitor."""

from workbench.ui.main import main

main()
