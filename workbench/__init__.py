"""Data-centric quality workbench: the model stays fixed, the data is improved in measured iterations."""
