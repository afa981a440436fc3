"""Serve the app: ``streamlit run app.py``."""

import streamlit as st

from workbench.ui.serving import PAGE, guards

app = st.App(PAGE, middleware=guards())
