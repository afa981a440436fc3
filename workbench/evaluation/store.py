"""Evaluations kept in the lake, so that none is computed twice.

``evaluations`` has a record per evaluation and version (several versions may have equal model inputs), ``predictions``
the rows, once per evaluation. An evaluation's name follows from what was computed, so whoever computes the same thing
at the same time arrives at the same name, and the first to store it wins.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from workbench.evaluation.fits import MadeFits
from workbench.evaluation.records import Evaluation, Predictions, to_json
from workbench.lake import MOMENT, Lake, Session

if TYPE_CHECKING:
    import pyarrow as pa

Kind = Literal["evaluation", "cross", "oof"]


def name_of(kind: Kind, *parts: str) -> str:
    """Name a computation: 32 hexadecimal digits that follow from what it is."""
    return hashlib.md5(json.dumps([kind, *parts]).encode(), usedforsecurity=False).hexdigest()


def claim_of(name: str) -> str:
    """Say what a process claims while it computes what has this name."""
    return f"evaluation of the same model inputs ({name[:8]})"


def find(lake: Lake, name: str) -> dict[str, Any] | None:
    """Return the result kept under a name, or None."""
    rows = lake.read("SELECT result FROM lake.workbench.evaluations WHERE evaluation = ? LIMIT 1", [name])
    return json.loads(rows[0][0]) if rows else None


def find_published(
    lake: Lake, kind: Kind, dataset: str, version: int, fingerprint: str, reading: str
) -> dict[str, Any] | None:
    """Return what was recorded for a published version by the same reading, or None, without reading a row."""
    rows = lake.read(
        "SELECT result FROM lake.workbench.evaluations WHERE dataset = ? AND version = ? AND fingerprint = ?",
        [dataset, version, fingerprint],
    )
    wanted = {"kind": kind, "state": f"{dataset}@{version}", "reading": reading}
    results = [json.loads(row[0]) for row in rows]
    return next((found for found in results if all(found[name] == value for name, value in wanted.items())), None)


def keep(
    lake: Lake, result: dict[str, Any], rows: Predictions | None, *, made: MadeFits | None = None
) -> dict[str, Any]:
    """Keep a result and its predictions, unless another process was first.

    Parameters
    ----------
    result : dict
        With ``kind``, ``id``, ``dataset``, ``version``, ``state``, ``input_hash`` and ``fingerprint``.
    rows : Predictions or None
        None: they are kept already, and only the version is new.
    made : MadeFits, optional
        The fits behind it, which need not be kept any longer.

    Returns
    -------
    dict
        What is kept now: the other process's result where that was first.
    """
    with lake.session() as session:
        if rows is not None:
            session.register("predicted_rows", _table(result["id"], rows))

        def work(current: Session) -> dict[str, Any]:
            kept = [
                json.loads(row[0])
                for row in current.rows(
                    "SELECT result FROM lake.workbench.evaluations WHERE evaluation = ?", [result["id"]]
                )
            ]
            for found in kept:
                if found["state"] == result["state"]:
                    return dict(found)
            names = ("dataset", "version", "input_hash", "fingerprint")
            record = {"evaluation": result["id"], **{name: result[name] for name in names}}
            current.insert("evaluations", [{**record, "result": to_json(result), "created_at": datetime.now(UTC)}])
            if rows is not None and not kept:
                current.run("INSERT INTO lake.workbench.predictions BY NAME SELECT * FROM predicted_rows")
            if made is not None:
                made.drop(current)
            return result

        return lake.write(work, message=f"{result['kind']} of {result['state']}", session=session)


def read_predictions(lake: Lake, name: str) -> Predictions:
    """Read the predictions of an evaluation, sorted by row key."""
    with lake.session() as session:
        table = session.arrow(
            "SELECT rid, row_key, lane, label, features, predictions FROM lake.workbench.predictions "
            "WHERE evaluation = ? ORDER BY row_key",
            [name],
        )
    return _predictions(table)


def same_models(lake: Lake, dataset: str, fingerprint: str, trained_on: str) -> list[str]:
    """Name what was computed with models that learnt the same: equal recipe, equal train rows."""
    rows = lake.read(
        "SELECT DISTINCT evaluation FROM lake.workbench.evaluations "
        "WHERE dataset = ? AND fingerprint = ? AND starts_with(input_hash, ?) ORDER BY evaluation",
        [dataset, fingerprint, trained_on + "-"],
    )
    return [row[0] for row in rows]


def kept_seeds(lake: Lake, dataset: str, trained_on: str) -> list[int]:
    """List the numbers of seeds of evaluations whose models learnt the same rows, whatever the models are."""
    rows = lake.read(
        "SELECT DISTINCT CAST(json_extract_string(result, '$.seeds') AS INTEGER) AS seeds "
        "FROM lake.workbench.evaluations WHERE dataset = ? AND starts_with(input_hash, ?) "
        "AND json_extract_string(result, '$.kind') = 'evaluation' ORDER BY seeds",
        [dataset, trained_on + "-"],
    )
    return [int(row[0]) for row in rows]


def states_of(lake: Lake, dataset: str) -> list[tuple[str, str]]:
    """List the states of a dataset that were evaluated and their input hashes, oldest first."""
    rows = lake.read(
        "SELECT json_extract_string(result, '$.state'), input_hash FROM lake.workbench.evaluations "
        f"WHERE dataset = ? AND json_extract_string(result, '$.kind') = 'evaluation' ORDER BY {MOMENT}, rowid",
        [dataset],
    )
    return list(dict.fromkeys((str(state), str(hashed)) for state, hashed in rows))


def evaluation_of(result: dict[str, Any]) -> Evaluation:
    """Read an evaluation back from what was kept."""
    return Evaluation.from_dict(result)


def _table(name: str, rows: Predictions) -> pa.Table:
    """Lay predictions out as the table ``predictions`` has them."""
    import pyarrow as pa

    width = rows.values.shape[1] if rows.values.ndim == 2 else 1
    offsets = pa.array(np.arange(len(rows.rid) + 1, dtype=np.int32) * width)
    return pa.table(
        {
            "evaluation": pa.array([name] * len(rows.rid), pa.string()),
            "rid": pa.array(rows.rid, pa.int64()),
            "row_key": pa.array(rows.row_key, pa.string()),
            "lane": pa.array(rows.lanes, pa.uint8()),
            "label": pa.array(rows.label, pa.string()),
            "features": pa.array(rows.features, pa.string()),
            "predictions": pa.ListArray.from_arrays(offsets, pa.array(rows.values.reshape(-1), pa.float64())),
        }
    )


def _predictions(table: pa.Table) -> Predictions:
    """Turn what DuckDB answered into arrays."""
    flat = table.column("predictions").combine_chunks()
    numbers = np.asarray(flat.flatten().to_numpy(zero_copy_only=False), dtype=np.float64)

    def texts(column: str) -> Any:
        return np.array(table.column(column).to_pylist(), dtype=object)

    return Predictions(
        rid=table.column("rid").to_numpy(),
        row_key=texts("row_key"),
        lanes=table.column("lane").to_numpy(),
        label=texts("label"),
        features=texts("features"),
        values=numbers.reshape(table.num_rows, -1) if table.num_rows else np.zeros((0, 0)),
    )
