"""Serve the app where only the package is installed; `workbench app` runs it."""

import streamlit as st

from workbench.ui.serving import PAGE, guards

app = st.App(PAGE, middleware=guards())
