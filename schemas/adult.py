"""What a clean row of the demo's dataset ``adult`` looks like.

A check with ``raise_warning=True`` has severity warning; every other check has severity error. "?" is the source's own
word for "not known", so it is allowed where the source uses it, and only warned about.
"""

import pandera.pandas as pa

WORKCLASSES = [
    *("Federal-gov", "Local-gov", "Never-worked", "Private", "Self-emp-inc", "Self-emp-not-inc", "State-gov"),
    "Without-pay",
]
EDUCATIONS = [
    *("Preschool", "1st-4th", "5th-6th", "7th-8th", "9th", "10th", "11th", "12th", "HS-grad", "Some-college"),
    *("Assoc-voc", "Assoc-acdm", "Bachelors", "Masters", "Prof-school", "Doctorate"),
]
MARITAL_STATUSES = [
    *("Divorced", "Married-AF-spouse", "Married-civ-spouse", "Married-spouse-absent", "Never-married", "Separated"),
    "Widowed",
]
OCCUPATIONS = [
    *("Adm-clerical", "Armed-Forces", "Craft-repair", "Exec-managerial", "Farming-fishing", "Handlers-cleaners"),
    *("Machine-op-inspct", "Other-service", "Priv-house-serv", "Prof-specialty", "Protective-serv", "Sales"),
    *("Tech-support", "Transport-moving"),
]
RELATIONSHIPS = ["Husband", "Not-in-family", "Other-relative", "Own-child", "Unmarried", "Wife"]
RACES = ["Amer-Indian-Eskimo", "Asian-Pac-Islander", "Black", "Other", "White"]
COUNTRIES = [
    *("Cambodia", "Canada", "China", "Columbia", "Cuba", "Dominican-Republic", "Ecuador", "El-Salvador", "England"),
    *("France", "Germany", "Greece", "Guatemala", "Haiti", "Holand-Netherlands", "Honduras", "Hong", "Hungary"),
    *("India", "Iran", "Ireland", "Italy", "Jamaica", "Japan", "Laos", "Mexico", "Nicaragua"),
    *("Outlying-US(Guam-USVI-etc)", "Peru", "Philippines", "Poland", "Portugal", "Puerto-Rico", "Scotland", "South"),
    *("Taiwan", "Thailand", "Trinadad&Tobago", "United-States", "Vietnam", "Yugoslavia"),
]


def category(values: list[str], *, unknown: bool = False) -> pa.Column:
    """Make a text column of these values, without blanks around them; ``unknown`` lets "?" pass with a warning."""
    checks = [
        pa.Check.isin([*values, "?"] if unknown else values),
        pa.Check.str_matches(r"^\S(.*\S)?$", name="no_blanks_around", error="no_blanks_around"),
    ]
    if unknown:
        checks.append(pa.Check.ne("?", name="not_a_question_mark", error="not_a_question_mark", raise_warning=True))
    return pa.Column(str, checks)


schema = pa.DataFrameSchema(
    {
        "person_id": pa.Column("int64", unique=True),
        "age": pa.Column("Int64", pa.Check.in_range(17, 90), nullable=True, coerce=True),
        "workclass": category(WORKCLASSES, unknown=True),
        "fnlwgt": pa.Column("int64", pa.Check.gt(0)),
        "education": category(EDUCATIONS),
        "education_num": pa.Column("int64", pa.Check.in_range(1, 16)),
        "marital_status": category(MARITAL_STATUSES),
        "occupation": category(OCCUPATIONS, unknown=True),
        "relationship": category(RELATIONSHIPS),
        "race": category(RACES),
        "sex": category(["Female", "Male"]),
        "capital_gain": pa.Column("int64", pa.Check.ge(0)),
        "capital_loss": pa.Column("int64", pa.Check.ge(0)),
        "hours_per_week": pa.Column("int64", pa.Check.in_range(1, 99)),
        "native_country": category(COUNTRIES, unknown=True),
        "income": category(["<=50K", ">50K"]),
        "split": category(["train", "validation", "test"]),
    },
    name="adult",
)
