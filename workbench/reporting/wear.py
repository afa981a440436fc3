"""How worn a test set is, in plain words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.reporting.figures import count_of, format_count, format_level

if TYPE_CHECKING:
    from workbench.iterations import Wear


def report_wear(found: Wear) -> list[str]:
    """Say how many decisions the test rows have informed, what that means, and when fresh ones are due: a line each."""
    if not found.decisions:
        lines = [f"The test rows of {found.test_labels} have informed no decision yet: nothing was measured on them."]
        return lines + _earlier(found)
    lines = [
        f"The test rows of {found.test_labels} have informed {count_of(found.decisions, 'decision')}: so many versions "
        "and drafts were looked at on them.",
        "Where nothing changed, up to one verdict in 20 reads gain or loss by chance; of so many, about "
        f"{found.by_chance:.1f} may.",
    ]
    if found.decisions > 1:
        lines[1] += f" At {format_level(found.level)} instead of 95 % they hold together (union bound)."
    if found.worn:
        lines.append(
            f"Fresh test rows are due: after {format_count(found.fresh_after)} decisions one verdict is expected to be "
            "chance, and edits that were chosen by these rows fit them better than new ones (Dwork et al. 2015)."
        )
    else:
        lines.append(f"Consider fresh test rows after {format_count(found.fresh_after)} decisions.")
    return lines + _earlier(found)


def _earlier(found: Wear) -> list[str]:
    """Say what was looked at before a test row or label changed last."""
    if not found.earlier:
        return []
    return [
        f"{count_of(found.earlier, 'more state')} {'was' if found.earlier == 1 else 'were'} looked at on other test "
        "rows or labels. The count began anew when those changed; if only few did, these count as well."
    ]
