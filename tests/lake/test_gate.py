"""Short statements pass one after another; a long one keeps nobody waiting."""

from __future__ import annotations

import threading
import time

from workbench.lake.gate import Gate


def test_short_ones_never_meet(monkeypatch):
    monkeypatch.setattr("workbench.lake.gate.SHORT", 60.0)
    gate, inside, met = Gate(), [], []

    def pass_through() -> None:
        for _ in range(20):
            with gate.turn():
                inside.append(1)
                met.append(len(inside))
                time.sleep(0.0003)
                inside.pop()

    threads = [threading.Thread(target=pass_through) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(met) == 80 and max(met) == 1


def test_a_long_one_loses_its_turn():
    gate, left = Gate(), threading.Event()

    def stay() -> None:
        with gate.turn():
            left.wait(30)

    long = threading.Thread(target=stay)
    long.start()
    with gate.turn():
        assert not left.is_set()
    with gate.turn():
        assert long.is_alive()
    left.set()
    long.join()


def test_an_error_inside_lets_the_next_one_in():
    gate = Gate()
    for _ in range(2):
        try:
            with gate.turn():
                raise ValueError
        except ValueError:
            continue
    with gate.turn():
        pass
