"""What a transform does to the distinct values of a column, as SQL over a relation of them.

The relation has one row per distinct value (and group): ``v`` its text, ``g`` the value in the column that a fill goes
by, ``n`` in how many rows that the transform is for, ``train`` in how many train rows.
"""

from __future__ import annotations

from workbench.lake import literal
from workbench.lake.values import fitted
from workbench.transforms.kinds import Fill, Transform

RESTLESS = "would change again each time"


def applied(relation: str, transform: Transform, storage_type: str) -> str:
    """SQL of a relation of values with what a transform makes of them.

    Parameters
    ----------
    relation : str
        SELECT in parentheses, or a table.
    storage_type : str
        DuckDB type of the column; a result that it cannot hold is not taken.

    Returns
    -------
    str
        The columns of the relation and ``new`` (the text then; ``v`` where nothing changes), ``why`` (the reason why
        the transform leaves a value alone that it was meant for, else NULL), ``clash`` (BOOLEAN: the reason is that
        the result does not fit the column, or that the transform would change its own result again).
    """
    if isinstance(transform, Fill) and transform.by is not None:
        common = f"SELECT g, v, sum(train) AS many FROM {relation} WHERE v IS NOT NULL GROUP BY g, v"
        most = f"SELECT g, arg_min(v, {{'rank': -many, 'v': v}}) AS most FROM ({common}) WHERE many > 0 GROUP BY g"
        relation = f"(SELECT r.*, m.most FROM {relation} r LEFT JOIN ({most}) m ON m.g IS NOT DISTINCT FROM r.g)"
    misfit = f"does not fit the column''s type {storage_type}"
    spent = "a_flaw, a_made, a_raw, a_fit, a_misfit, a_new"
    why = f"CASE WHEN a_flaw IS NOT NULL THEN a_flaw WHEN a_misfit THEN coalesce(a_raw, '') || ' {misfit}' END"
    return (
        f"(WITH {_stages(relation, transform, storage_type, 'v', 'a')}, moved AS MATERIALIZED "
        "(SELECT * FROM a3 WHERE a_new IS DISTINCT FROM v), "
        f"{_stages('moved', transform, storage_type, 'a_new', 'b')} "
        f"SELECT * EXCLUDE ({spent}), v AS new, {why} AS why, a_misfit AS clash FROM a3 "
        "WHERE a_new IS NOT DISTINCT FROM v UNION ALL "
        f"SELECT * EXCLUDE ({spent}, b_flaw, b_made, b_raw, b_fit, b_misfit, b_new), "
        "CASE WHEN b_new IS DISTINCT FROM a_new THEN v ELSE a_new END, "
        f"CASE WHEN b_new IS DISTINCT FROM a_new THEN {literal(RESTLESS)} END, b_new IS DISTINCT FROM a_new FROM b3)"
    )


def _stages(relation: str, transform: Transform, storage_type: str, value: str, name: str) -> str:
    """SQL of the CTEs ``{name}1`` to ``{name}3`` that apply a transform once.

    They are materialised, or else DuckDB puts each expression into the next one's place wherever it stands there, and
    computes it many times over.
    """
    new, flaw = transform.sql(value)
    same = f"{name}_raw IS NOT DISTINCT FROM {value}"
    fit = f"CASE WHEN {same} THEN {value} ELSE {fitted(f'{name}_raw', storage_type)} END"
    misfit = f"{name}_raw IS NOT NULL AND {name}_fit IS NULL"
    return (
        f"{name}1 AS MATERIALIZED (SELECT *, {flaw} AS {name}_flaw, {new} AS {name}_made FROM {relation}), "
        f"{name}2 AS MATERIALIZED (SELECT *, CASE WHEN {name}_flaw IS NULL THEN {name}_made ELSE {value} END "
        f"AS {name}_raw FROM {name}1), "
        f"{name}3 AS MATERIALIZED (SELECT *, {fit} AS {name}_fit, {misfit} AS {name}_misfit, "
        f"CASE WHEN {misfit} THEN {value} ELSE {name}_fit END AS {name}_new FROM {name}2)"
    )
