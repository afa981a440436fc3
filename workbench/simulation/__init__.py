"""Simulated review: what an order of review is worth, on a dataset whose truth is known.

A reviewer who errs at a known rate looks at the rows that an order puts first, corrects them, and the dataset's own
fixed model is fitted again: recovered accuracy against rows inspected. Everything happens in memory; the dataset and
the lake stay as they are.

Examples
--------
``simulate(lake, version, read_truth(lake, version, Path("truth.csv")), order="knn-shapley", budget=0.2)`` returns a
:class:`Simulation`, whose ``steps`` are the curve.
"""

from workbench.simulation.orders import ORDERS
from workbench.simulation.records import REACHED, Simulation, Step
from workbench.simulation.replaying import simulate
from workbench.simulation.truth import Truth, read_truth

__all__ = ["ORDERS", "REACHED", "Simulation", "Step", "Truth", "read_truth", "simulate"]
