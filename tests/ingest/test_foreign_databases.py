"""What somebody put into a database file does not run with the rights of whoever imports it."""

from __future__ import annotations

import os
import sqlite3
import uuid

import duckdb
import pytest

from workbench.errors import DataError
from workbench.ingest import import_source
from workbench.lake import read_versions
from workbench.lake.foreign import foreign_database


@pytest.fixture
def hostile(tmp_path):
    """A DuckDB file: ``hostile("SELECT …")`` makes its view ``v`` and returns the source's name."""

    def hostile(select: str, *before: str) -> str:
        with duckdb.connect(str(tmp_path / "x.duckdb")) as database:
            for statement in before:
                database.execute(statement)
            database.execute(f"CREATE VIEW v AS {select}")
        return f"duckdb:{tmp_path / 'x.duckdb'}?table=v"

    return hostile


@pytest.mark.parametrize(
    "select",
    [
        "SELECT content FROM read_text('{secret}')",
        "SELECT content FROM read_blob('{secret}')",
        "SELECT * FROM read_csv('{secret}', columns = {{'a': 'VARCHAR'}}, auto_detect = false)",
        "SELECT * FROM '{secret}.csv'",
        "SELECT file FROM glob('/etc/*')",
        "SELECT evil() AS a",
        "SELECT * FROM query('SELECT content FROM read_text(''{secret}'')')",
    ],
)
def test_a_view_reads_no_file(lake, tmp_path, hostile, select):
    secret = tmp_path / "secret"
    secret.write_text("geheim")
    (tmp_path / "secret.csv").write_text("a\ngeheim\n")
    macro = f"CREATE MACRO evil() AS (SELECT content FROM read_text('{secret}'))"
    with pytest.raises(DataError, match="reads files or the network") as refused:
        import_source(lake, "t", hostile(select.format(secret=secret), macro), author="tester")
    assert "geheim" not in str(refused.value) and read_versions(lake) == []


def test_a_view_reaches_no_network_and_fetches_no_extension(lake, tmp_path, hostile):
    # A file made on a machine that has the extension holds such a view; without it it cannot be made here.
    source = hostile("SELECT 1 AS a")
    settings = "SELECT value FROM duckdb_settings() WHERE name = 'autoload_known_extensions'"
    assert lake.read("SELECT current_setting('autoinstall_known_extensions')") == [(False,)]
    assert lake.read(settings) == [("false",)]
    with foreign_database(lake.settings, "duckdb", source.partition(":")[2].partition("?")[0], tmp_path) as foreign:
        assert foreign.rows(settings) == [("false",)]
        for statement in (
            "SELECT * FROM read_csv('http://127.0.0.1:1/x.csv')",
            "INSTALL httpfs",
            "LOAD httpfs",
            "SET enable_external_access = true",
            "SET allowed_directories = ['/']",
            "ATTACH '/etc/hosts' AS more",
            "CREATE TEMP TABLE t AS SELECT * FROM read_text('/etc/passwd')",
            "COPY (SELECT 1) TO '/dev/shm/out.csv'",
        ):
            with pytest.raises(duckdb.Error):
                foreign.run(statement)


def test_a_view_that_computes_is_read_with_the_files_own_macros(lake, rows, hostile):
    source = hostile(
        'SELECT twice(a) AS "a ""b""; DROP", lower(s) AS s, g FROM t',
        "CREATE MACRO twice(x) AS x * 2",
        "CREATE MACRO lower(x) AS 'shadow'",
        "CREATE MACRO count(x) AS 99",
        "CREATE TABLE t (a INTEGER, s VARCHAR DEFAULT 'none', g INTEGER GENERATED ALWAYS AS (a + 1))",
        "INSERT INTO t (a) VALUES (1), (2)",
    )
    version = import_source(lake, "t", source, author="tester")
    assert [column.name for column in version.columns] == ['a "b"; DROP', "s", "g"]
    assert rows(version) == [(2, "shadow", 2), (4, "shadow", 3)]


def test_types_come_across(lake, rows, kinds, tmp_path):
    with duckdb.connect(str(tmp_path / "x.duckdb")) as database:
        database.execute("CREATE TYPE mood AS ENUM ('sad', 'glad')")
        database.execute(
            "CREATE TABLE t AS SELECT 'glad'::mood AS m, 170141183460469231731687303715884105727 AS h, "
            "1.5::DECIMAL(38,10) AS d, '1.10'::DECIMAL(4,2) AS e, union_value(k := 1) AS u, [1, 2]::INTEGER[2] AS a, "
            "'101'::BIT AS b, '10:00:00+02'::TIMETZ AS t, "
            "TIMESTAMP_NS '2020-01-01 00:00:00.000000001' AS ns, {'x': [1, NULL]} AS st, '{\"a\": 1}'::JSON AS j, "
            "'12345678901234567890123456789012345678901234567890'::BIGNUM AS big, 18446744073709551615::UBIGINT AS ub"
        )
    version = import_source(lake, "t", f"duckdb:{tmp_path / 'x.duckdb'}?table=t", author="tester")
    assert kinds(version) == {
        "m": "VARCHAR", "h": "VARCHAR", "d": "DECIMAL(38,10)", "e": "DECIMAL(4,2)", "u": "VARCHAR", "a": "INTEGER[]",
        "b": "VARCHAR", "t": "VARCHAR", "ns": "TIMESTAMP_NS", "st": "VARCHAR", "j": "VARCHAR", "big": "VARCHAR",
        "ub": "UBIGINT",
    }  # fmt: skip
    stored = dict(zip(kinds(version), rows(version)[0], strict=True))
    assert stored["h"] == str(2**127 - 1) and str(stored["e"]) == "1.10" and stored["st"] == '{"x":[1,null]}'
    assert stored["big"] == "12345678901234567890123456789012345678901234567890" and stored["ub"] == 2**64 - 1


def test_a_view_of_sqlite_is_read_and_calls_nothing_dangerous(lake, rows, tmp_path):
    with sqlite3.connect(tmp_path / "x.db") as database:
        database.execute("CREATE TABLE t (a INTEGER, b TEXT)")
        database.execute("INSERT INTO t VALUES (1, 'x')")
        database.execute('CREATE VIEW v AS SELECT a + 1 AS c, b AS "d""e" FROM t')
        database.execute("CREATE VIEW l AS SELECT load_extension('/nowhere/x') AS a")
    database.close()
    version = import_source(lake, "t", f"sqlite:{tmp_path / 'x.db'}?table=v", author="tester")
    assert rows(version) == [(2, "x")] and [column.name for column in version.columns] == ["c", 'd"e']
    with pytest.raises(DataError, match="cannot be read"):
        import_source(lake, "u", f"sqlite:{tmp_path / 'x.db'}?table=l", author="tester")


@pytest.mark.skipif(not os.environ.get("TEST_POSTGRES_URL"), reason="needs a PostgreSQL server")
def test_a_table_of_postgres_comes_with_its_digits(lake, rows, kinds):
    where = os.environ["TEST_POSTGRES_URL"].removeprefix("postgres:")
    table = f"t{uuid.uuid4().hex}"
    with foreign_writer(where) as run:
        run(
            f"CREATE TABLE {table} (id int, n numeric, short numeric, m numeric(12,2), t timestamptz, j jsonb, a int[])"
        )
        run(
            f"INSERT INTO {table} VALUES (1, 1.10, 1.5, 2.50, '2024-01-01 00:00:00+00', '{{\"k\": 1}}', '{{1,2}}'), "
            "(2, 12345678901234567890.123456789, 2, NULL, NULL, NULL, NULL)"
        )
        try:
            stored = rows(import_source(lake, "t", f"postgres:{where}?table={table}", author="tester"))
        finally:
            run(f"DROP TABLE {table}")
    assert [str(value) for value in stored[0][:4]] == ["1", "1.10", "1.5", "2.50"]
    assert stored[1][1:3] == ("12345678901234567890.123456789", 2.0)
    assert stored[0][5] == '{"k": 1}' and stored[0][6] == [1, 2] and kinds()["short"] == "DOUBLE"


class foreign_writer:  # noqa: N801
    """Run statements on a PostgreSQL server."""

    def __init__(self, where: str) -> None:
        from workbench.lake.extensions import OFFLINE, load_extension

        self.connection = duckdb.connect(config=OFFLINE)
        load_extension(self.connection, "postgres_scanner")
        self.connection.execute(f"ATTACH '{where}' AS pg (TYPE postgres)")

    def __enter__(self):
        return lambda statement: self.connection.execute("CALL postgres_execute('pg', ?)", [statement])

    def __exit__(self, *exc: object) -> None:
        self.connection.close()
