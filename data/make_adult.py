"""Make the demo's data from UCI Adult: a sample with its real dirt, and known errors planted in train and validation.

``python data/make_adult.py FOLDER [OUTPUT]`` reads ``adult.data`` and ``adult.test`` in FOLDER, writes ``adult.csv``,
``adult_truth.csv`` and ``adult_rules.csv`` to OUTPUT (this file's folder unless told otherwise) and prints the tables
of counts that stand in ``SOURCE.md``. Equal input gives equal files, byte for byte. Nothing at run time needs it.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

SEED = 19940501
ROWS_PER_FILE = 8000
VALIDATION_ROWS = 1000
FLIPPED_SHARE = {"<=50K": 0.20, ">50K": 0.30}
FLIPPED = {"<=50K": ">50K", ">50K": "<=50K"}
IMPOSSIBLE_AGES = 150
SPELLED_CELLS = 400
SPACED_CELLS = 300
REPEATED_ROWS = 60

COLUMNS = [
    *("age", "workclass", "fnlwgt", "education", "education_num", "marital_status", "occupation", "relationship"),
    *("race", "sex", "capital_gain", "capital_loss", "hours_per_week", "native_country", "income"),
]
CATEGORIES = (
    *("workclass", "education", "marital_status", "occupation"),
    *("relationship", "race", "sex", "native_country"),
)
SPELLINGS = {
    "workclass": {
        "Private": ["private", "PRIVATE", "Privat"],
        "Self-emp-not-inc": ["Self emp not inc", "self-emp-not-inc"],
        "Self-emp-inc": ["Self emp inc"],
        "Local-gov": ["local gov"],
        "State-gov": ["State gov"],
        "Federal-gov": ["Federal Gov"],
    },
    "education": {
        "HS-grad": ["HS grad", "hs-grad", "High school"],
        "Some-college": ["Some college", "some-college"],
        "Bachelors": ["bachelors", "Bachelor"],
        "Masters": ["masters", "Master"],
        "Doctorate": ["doctorate", "PhD"],
    },
    "marital_status": {
        "Never-married": ["Never married", "never-married"],
        "Divorced": ["divorced"],
        "Separated": ["separated"],
        "Widowed": ["widowed"],
    },
    "occupation": {
        "Prof-specialty": ["Prof specialty", "Prof-speciality"],
        "Exec-managerial": ["Exec managerial", "exec-managerial"],
        "Craft-repair": ["Craft repair"],
        "Adm-clerical": ["Admin-clerical", "adm clerical"],
        "Sales": ["sales"],
        "Tech-support": ["Tech support"],
    },
    "native_country": {
        "United-States": ["United States", "Usa", "USA", "U.S."],
        "Mexico": ["mexico"],
        "Philippines": ["Phillipines"],
    },
}
"""Column, canonical value, the variants planted for it. No variant stands for two values of a column."""

KINDS = ("flipped_label", "impossible_age", "spelling", "stray_space", "repeated_row", "label_stop")
"""What a line of the truth file is about; ``label_stop`` is real dirt, the others are planted."""


def main() -> None:
    """Write the three files and print the counts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="the folder that holds adult.data and adult.test")
    parser.add_argument("output", type=Path, nargs="?", default=Path(__file__).parent, help="where to write the files")
    options = parser.parse_args()
    rng = np.random.default_rng(SEED)
    clean = sample(options.folder, rng)
    dirty, truth = plant(clean, rng)
    files = {"adult.csv": dirty, "adult_truth.csv": truth, "adult_rules.csv": rules(truth)}
    for name, frame in files.items():
        frame.to_csv(options.output / name, index=False, lineterminator="\n", encoding="utf-8")
    print(counts(clean, dirty, truth))


def sample(folder: Path, rng: np.random.Generator) -> pd.DataFrame:
    """Draw rows from both files, every cell as text.

    Returns
    -------
    pandas.DataFrame
        The columns of the source and ``split``, shape (2 * ROWS_PER_FILE, 16): first the rows of ``adult.data``
        (train and validation), then those of ``adult.test``.
    """
    parts = []
    for name in ("adult.data", "adult.test"):
        lines = (folder / name).read_text(encoding="ascii").splitlines()
        cells = [line.split(", ") for line in lines if line and not line.startswith("|")]
        everything = pd.DataFrame(cells, columns=COLUMNS, dtype=object)
        parts.append(everything.iloc[rng.choice(len(everything), ROWS_PER_FILE, replace=False)])
    drawn = pd.concat(parts, ignore_index=True)
    drawn["split"] = np.repeat(["train", "test"], ROWS_PER_FILE).astype(object)
    drawn.loc[rng.choice(ROWS_PER_FILE, VALIDATION_ROWS, replace=False), "split"] = "validation"
    return drawn


def plant(clean: pd.DataFrame, rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Plant the errors in train and validation rows, repeat rows and shuffle the keys.

    A row may get several errors, a cell one at most. "?" is left alone.

    Returns
    -------
    dirty : pandas.DataFrame
        ``person_id`` and the columns of ``clean``, in key order.
    truth : pandas.DataFrame
        One line per wrong cell and per repeated row: ``person_id, action, column, old, new, kind, repeats``.
    """
    open_rows = np.flatnonzero(clean["split"] != "test")
    planted = [
        *flipped_labels(clean, open_rows, rng),
        *impossible_ages(clean, open_rows, rng),
        *category_errors(clean, open_rows, rng),
    ]
    dirty = clean.copy()
    for row, column, value, _ in planted:
        dirty.at[row, column] = value
    originals = np.sort(rng.choice(np.flatnonzero(clean["split"] == "train"), REPEATED_ROWS, replace=False))
    copies = dict(zip(originals.tolist(), range(len(clean), len(clean) + REPEATED_ROWS), strict=True))
    dirty = pd.concat([dirty, dirty.loc[originals]], ignore_index=True)
    ids = (rng.permutation(len(dirty)) + 1).tolist()
    dirty.insert(0, "person_id", ids)
    lines: list[tuple[object, ...]] = []
    for row, column, value, kind in planted:
        for place in (row, copies.get(row)):
            if place is not None:
                lines.append((ids[place], "set", column, value, clean.at[row, column], kind, None))
    lines += [(ids[copy], "exclude", None, None, None, "repeated_row", ids[row]) for row, copy in copies.items()]
    for row in np.flatnonzero(clean["split"] == "test").tolist():
        label = clean.at[row, "income"]
        lines.append((ids[row], "set", "income", label, label.removesuffix("."), "label_stop", None))
    names = ["person_id", "action", "column", "old", "new", "kind", "repeats"]
    truth = pd.DataFrame(lines, columns=names).astype({"repeats": "Int64"})
    return dirty.sort_values("person_id"), truth.sort_values(["person_id", "column"], na_position="first")


def flipped_labels(clean: pd.DataFrame, rows: np.ndarray, rng: np.random.Generator) -> list[tuple[int, str, str, str]]:
    """Give a share of each class the other label."""
    labels = clean.loc[rows, "income"].to_numpy()
    wrong = []
    for label, share in FLIPPED_SHARE.items():
        of_class = rows[labels == label]
        for row in rng.choice(of_class, round(share * len(of_class)), replace=False).tolist():
            wrong.append((row, "income", FLIPPED[label], "flipped_label"))
    return wrong


def impossible_ages(clean: pd.DataFrame, rows: np.ndarray, rng: np.random.Generator) -> list[tuple[int, str, str, str]]:
    """Put a sign before an age, a nought behind it, or 0 or 999 in its place."""
    chosen = rng.choice(rows, IMPOSSIBLE_AGES, replace=False).tolist()
    wrong = []
    for row, way in zip(chosen, rng.integers(4, size=len(chosen)).tolist(), strict=True):
        age = clean.at[row, "age"]
        wrong.append((row, "age", (f"-{age}", f"{age}0", "0", "999")[way], "impossible_age"))
    return wrong


def category_errors(clean: pd.DataFrame, rows: np.ndarray, rng: np.random.Generator) -> list[tuple[int, str, str, str]]:
    """Spell categories otherwise, evenly over the columns of SPELLINGS, and put blanks around others."""
    wrong = []
    for column, variants in SPELLINGS.items():
        eligible = rows[clean.loc[rows, column].isin(variants).to_numpy()]
        for row in rng.choice(eligible, SPELLED_CELLS // len(SPELLINGS), replace=False).tolist():
            ways = variants[clean.at[row, column]]
            wrong.append((row, column, ways[rng.integers(len(ways))], "spelling"))
    taken = {(row, column) for row, column, _, _ in wrong}
    free = [
        (row, column)
        for row in rows.tolist()
        for column in CATEGORIES
        if (row, column) not in taken and clean.at[row, column] != "?"
    ]
    for place in rng.choice(len(free), SPACED_CELLS, replace=False).tolist():
        row, column = free[place]
        value = clean.at[row, column]
        wrong.append((row, column, f" {value}" if rng.integers(2) else f"{value} ", "stray_space"))
    return wrong


def rules(truth: pd.DataFrame) -> pd.DataFrame:
    """Turn what a rule can repair into one line per column and wrong value: ``column, old, new, reason``.

    Nobody can tell an impossible age's right value from the value, so the rule leaves it empty.
    """
    reasons = {
        "label_stop": "test labels end in a full stop (one-to-one renaming)",
        "impossible_age": "impossible age: missing",
        "spelling": "another spelling",
        "stray_space": "stray blank",
    }
    general = truth[truth["kind"].isin(list(reasons))]
    lines = pd.DataFrame(
        {
            "column": general["column"],
            "old": general["old"],
            "new": general["new"].where(general["kind"] != "impossible_age", ""),
            "reason": general["kind"].map(reasons),
            "age": pd.to_numeric(general["old"].where(general["column"] == "age")),
        }
    ).drop_duplicates()
    order = [*("income", "age"), *CATEGORIES]
    lines["place"] = lines["column"].map(order.index)
    return lines.sort_values(["place", "reason", "new", "age", "old"])[["column", "old", "new", "reason"]]


def counts(clean: pd.DataFrame, dirty: pd.DataFrame, truth: pd.DataFrame) -> str:
    """Count rows and errors as two Markdown tables."""
    lanes = dirty.set_index("person_id")["split"]
    lane_of_line = lanes.loc[truth["person_id"]].to_numpy()
    in_copies = truth["person_id"].isin(truth.loc[truth["action"] == "exclude", "person_id"])
    lines = ["| rows | count |", "|---|---|"]
    lines += [f"| {lane} | {(lanes == lane).sum()} |" for lane in ("train", "validation", "test")]
    for column in CATEGORIES:
        if (unknown := (dirty[column] == "?").sum()) > 0:
            lines.append(f'| "?" in {column} | {unknown} |')
    twins = clean.drop(columns=["income", "split"]).duplicated(keep=False)
    lines.append(f"| equal in all features to another row of the source | {twins.sum()} |")
    lines += ["", "| kind | train | of these in repeated rows | validation | test |", "|---|---|---|---|---|"]
    for kind in KINDS:
        of_kind = truth["kind"] == kind
        train, validation, test = ((of_kind & (lane_of_line == lane)).sum() for lane in ("train", "validation", "test"))
        lines.append(f"| {kind} | {train} | {(of_kind & in_copies).sum()} | {validation} | {test} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
