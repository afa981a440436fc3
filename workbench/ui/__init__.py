"""The app: pages in the browser on the same functions that the command line calls."""
