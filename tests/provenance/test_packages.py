"""The package's own sources count where their code differs, and not where only words do."""

from __future__ import annotations

import pytest

from workbench.provenance import packages
from workbench.provenance.packages import library_versions, package_sources


@pytest.fixture
def package(tmp_path, monkeypatch):
    monkeypatch.setattr(packages, "_PACKAGE", tmp_path)
    (tmp_path / "figures").mkdir()
    (tmp_path / "scores.py").write_text("HALF = 0.5\n")

    def digest(source):
        (tmp_path / "figures" / "curves.py").write_text(source)
        packages.package_sources.cache_clear()
        return package_sources("figures", "scores")

    yield digest
    packages.package_sources.cache_clear()


def test_code_counts_and_words_do_not(package):
    before = package('"""Says one thing."""\ndef half(x):\n    """Return half."""\n    return x / 2\n')
    assert (
        package('"""Says another."""\n\ndef half(x):\n    # half\n    """Return one half."""\n    return x / 2\n')
        == before
    )
    assert package('"""Says one thing."""\ndef half(x):\n    """Return half."""\n    return x / 3\n') != before


def test_versions_are_those_of_what_is_installed():
    assert library_versions(["no_such_library_of_this_test", "sklearn"])["sklearn"][0].isdigit()
    assert library_versions(["no_such_library_of_this_test"]) == {"no_such_library_of_this_test": ""}
