"""What is still to be gained: when further review is below the noise, and whether more rows buy more than cleaner ones.

Examples
--------
``outlook(lake, "adult")`` fits a curve to the figures of the versions that decisions made, and says what 100 more
decisions are likely to bring. ``outlook(lake, "adult", sizes=True)`` fits the model on parts of the train rows, too,
and sets more rows against more decisions.
"""

from workbench.outlook.looking import DECISIONS, ROWS, outlook
from workbench.outlook.records import Choice, Forecast, Outlook, Point, Sizes
from workbench.outlook.sizes import PARTS

__all__ = ["DECISIONS", "PARTS", "ROWS", "Choice", "Forecast", "Outlook", "Point", "Sizes", "outlook"]
