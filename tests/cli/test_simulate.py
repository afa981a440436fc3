"""``workbench simulate``: a table for people, a document for programs, errors that say what to mend."""

from __future__ import annotations


def test_it_prints_the_curve_and_what_it_comes_to(bugs):
    ran = bugs("simulate", "bugs", "--truth", "truth.csv", "--budget", "0.3", "--every", "0.1", "--fits", "2")
    assert ran.code == 0, ran.err
    lines = ran.out.splitlines()
    assert lines[0].split() == ["inspected", "wrong", "found", "accuracy", "gain", "(95", "%)", "recovered"]
    assert [line.split()[:2] for line in lines[1:]] == [
        ["0", "(0.0%)"],
        ["16", "(10.0%)"],
        ["32", "(20.0%)"],
        ["48", "(30.0%)"],
    ]
    assert lines[1].split()[2] == "0" and "█" in lines[-1]
    assert "40 of 160 train labels are wrong" in ran.err
    assert "95% of the accuracy with true labels" in ran.err


def test_json_is_the_same_figures(bugs):
    options = ("--truth", "truth.csv", "--order", "knn-shapley", "--budget", "0.2", "--every", "0.1", "--fits", "1")
    document = bugs("simulate", "bugs@1", *options, "--once", "--error-rate", "0.1", "--seed", "3", "--json").json
    assert {name: document[name] for name in ("dataset", "version", "order", "rescored", "error_rate", "seed")} == {
        "dataset": "bugs", "version": 1, "order": "knn-shapley", "rescored": False, "error_rate": 0.1, "seed": 3,
    }  # fmt: skip
    assert [step["inspected"] for step in document["steps"]] == [0, 16, 32]
    assert document["steps"][0]["accuracy"] == document["dirty"]


def test_what_is_wrong_is_said_with_exit_code_2(bugs):
    for arguments, said in (
        (("--truth", "truth.csv", "--budget", "2"), "A budget of 2 is no share"),
        (("--truth", "bugs.csv", "--order", "best"), "'best' is not one of"),
        (("--truth", "none.csv"), "none.csv: there is no such file"),
        ((), "--truth"),
    ):
        ran = bugs("simulate", "bugs", *arguments)
        assert ran.code == 2 and said in ran.err and "Traceback" not in ran.err


def test_the_choice_of_orders_is_what_the_library_knows():
    from workbench.cli.simulate import simulate
    from workbench.simulation import ORDERS

    option = next(parameter for parameter in simulate.params if parameter.name == "order")
    assert tuple(option.type.choices) == tuple(ORDERS)
