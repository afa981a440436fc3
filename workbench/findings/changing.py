"""Which findings went and which came between two versions."""

from __future__ import annotations

from workbench.findings.listing import changes_at, lay_out, params_of
from workbench.lake import Lake

STANDS = "('open', 'staged', 'kept', 'unsure')"
"""Statuses of a finding that is there, whatever was answered."""


def came_and_went(lake: Lake, dataset: str, a: int, b: int) -> dict[str, tuple[int, int]]:
    """Count the findings that are gone and new from version ``a`` to version ``b``, in either order.

    Parameters
    ----------
    a, b : int
        Versions. Where one was not checked, the newest check before it counts, as everywhere.

    Returns
    -------
    dict
        Check → how many went, how many came; checks without any are absent.

    Raises
    ------
    UnknownName
        No such dataset or version.
    """
    for version in (a, b):
        params_of(lake, dataset, version)
    before, after = (changes_at(lake, dataset, version) for version in (a, b))
    with lake.session() as session:
        lay_out(session, dataset, a, table="found_before", changes=before)
        lay_out(session, dataset, b, table="found_after", changes=after)
        rows = session.rows(
            "SELECT check_code, count(*) FILTER (was AND NOT stands), count(*) FILTER (stands AND NOT was) FROM ("
            "SELECT coalesce(x.check_code, y.check_code) AS check_code, "
            f"coalesce(x.status IN {STANDS}, false) AS was, coalesce(y.status IN {STANDS}, false) AS stands "
            "FROM found_before x FULL JOIN found_after y ON x.finding = y.finding) "
            "WHERE was <> stands GROUP BY check_code ORDER BY check_code"
        )
    return {check: (gone, new) for check, gone, new in rows}
