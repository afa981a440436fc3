"""Start the app: ``streamlit run app.py``."""

from workbench.ui.main import main

main()
