"""Run the server as ``streamlit run app.py`` does, but end without a word on Ctrl-C and SIGTERM.

This folder holds nothing else than what Streamlit needs: it puts the folder on the import path and reads its settings.
"""

import signal
import sys
from pathlib import Path

from streamlit.web.cli import main


def end(*_: object) -> None:
    """End, once: Streamlit's server hands the signal on when it has shut down, and a second one may come meanwhile."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    sys.exit(0)


signal.signal(signal.SIGINT, end)
signal.signal(signal.SIGTERM, end)
main(["run", str(Path(__file__).with_name("app.py")), *sys.argv[1:]])
