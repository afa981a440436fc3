"""A bucket that is not there is the lake's fault, not the source's."""

from __future__ import annotations

import http.server
import threading
from typing import ClassVar
from urllib.parse import parse_qs

import pytest

from workbench.errors import StoreError
from workbench.ingest import import_source
from workbench.lake import data_folder_fault, open_lake
from workbench.settings import Settings

GONE = b"<Error><Code>NoSuchBucket</Code><Message>The specified bucket does not exist</Message></Error>"


class Bucket(http.server.BaseHTTPRequestHandler):
    """As much of S3 as it takes to make a lake in a bucket; none of it once the bucket is gone."""

    kept: ClassVar[dict[str, bytes]] = {}
    there = True

    def answer(self) -> None:
        path, _, asked = self.path.partition("?")
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        found: bytes | None = b""
        if not self.there:
            found = None
        elif self.command == "PUT":
            self.kept[path] = body
        elif self.command == "POST":
            found = b"<R><UploadId>1</UploadId></R>"
        elif "list-type" in asked:
            prefix = parse_qs(asked)["prefix"][0]
            keys = [path.removeprefix("/gone/") for path in self.kept]
            listed = "".join(f"<Contents><Key>{key}</Key></Contents>" for key in keys if key.startswith(prefix))
            found = f"<ListBucketResult>{listed}<IsTruncated>false</IsTruncated></ListBucketResult>".encode()
        else:
            found = self.kept.get(path)
        said = GONE if found is None else found
        self.send_response(404 if found is None else 200)
        self.send_header("Content-Length", str(len(said)))
        self.send_header("ETag", '"1"')
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(said)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = answer

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def bucket(monkeypatch):
    """A store with one bucket, where DuckDB's environment points."""
    monkeypatch.setattr(Bucket, "kept", {})
    monkeypatch.setattr(Bucket, "there", True)
    server = http.server.ThreadingHTTPServer(("localhost", 0), Bucket)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("DUCKDB_S3_ENDPOINT", f"localhost:{server.server_port}")
    monkeypatch.setenv("DUCKDB_S3_USE_SSL", "false")
    for name, value in (("ACCESS_KEY_ID", "k"), ("SECRET_ACCESS_KEY", "s"), ("REGION", "us-east-1")):
        monkeypatch.setenv(f"AWS_{name}", value)
    yield Bucket
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def remote(tmp_path) -> Settings:
    """Settings of a lake whose files lie in the bucket."""
    return Settings(lake=f"sqlite:{tmp_path / 'catalog.sqlite'}", data_path="s3://gone/files")


def test_a_lake_without_its_bucket_is_not_made(bucket, remote):
    bucket.there = False
    with pytest.raises(StoreError, match="cannot be read or written.*404"):
        open_lake(remote, create=True)


def test_an_import_names_the_data_folder_and_not_the_source(bucket, remote, tmp_path):
    (tmp_path / "t.csv").write_text("id,x\n1,2\n")
    with open_lake(remote, create=True) as lake:
        bucket.there = False
        with pytest.raises(StoreError, match=r"data folder s3://gone/files\S* cannot be read or written: .*") as caught:
            import_source(lake, "t", str(tmp_path / "t.csv"), author="ann")
    assert "404" in caught.value.message and "t.csv" not in caught.value.message and "bucket" in caught.value.hint


def test_what_is_about_another_file_is_no_fault_of_the_lake():
    assert data_folder_fault(OSError("cannot open /data/t.csv"), "/lake/files") is None
    assert data_folder_fault(OSError("cannot open /data/t.csv"), "") is None
