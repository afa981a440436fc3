"""Packed files: gzip, bzip2, xz, Zstandard, and zip archives of one file. They are told by their first bytes."""

from __future__ import annotations

import bz2
import gzip
import lzma
import shutil
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from workbench.errors import DataError
from workbench.ingest.encodings import full, scratch_file

_KINDS = {".gz": "gzip", ".bz2": "bzip2", ".xz": "xz", ".zst": "Zstandard", ".zip": "zip"}


def unpacked(path: Path, scratch: Path) -> Path:
    """Unpack a file into the scratch folder, which shows whether it is whole; one that is not packed stays.

    Raises
    ------
    DataError
        It is damaged, cut off, encrypted, or an archive of several files.
    """
    with path.open("rb") as file:
        head = file.read(6)
    opener = next((opener for mark, opener in _OPENERS.items() if head.startswith(mark)), None)
    if opener is not None:
        inner = path.with_suffix("") if path.suffix.lower() in _KINDS else path
        return _copied(lambda: opener(path), path, scratch_file(scratch, inner))
    if head.startswith(b"PK\x03\x04") and path.suffix.lower() not in (".xlsx", ".xlsm", ".ods"):
        return _from_archive(path, scratch)
    if path.suffix.lower() in _KINDS and head:
        raise DataError(
            f"the name says {_KINDS[path.suffix.lower()]}, the content is none", source=str(path),
            hint="Rename it to end as what it is.",
        )  # fmt: skip
    return path


def _from_archive(path: Path, scratch: Path) -> Path:
    """Unpack the one file of a zip archive."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if "[Content_Types].xml" in names or "mimetype" in names:
                return path
            files = [
                item for item in archive.infolist()
                if not item.is_dir() and not item.filename.startswith("__MACOSX/") and item.file_size
            ]  # fmt: skip
            if len(files) != 1:
                listed = ", ".join(item.filename for item in files[:6]) + (", …" if len(files) > 6 else "")
                raise DataError(
                    f"the archive holds {len(files):,} files" + (f": {listed}" if files else ""), source=str(path),
                    hint="Unpack it, and name one file or a glob of files of one kind.",
                )  # fmt: skip
            if files[0].flag_bits & 1:
                raise DataError("the archive is encrypted", source=str(path), hint="Unpack it with its password.")
            target = scratch_file(scratch, path.with_name(Path(files[0].filename).name))
            return _copied(lambda: archive.open(files[0]), path, target)
    except (zipfile.BadZipFile, NotImplementedError) as error:
        raise _damaged(path, error) from error


def _copied(opened: Callable[[], Any], path: Path, target: Path) -> Path:
    """Copy what an unpacker yields."""
    try:
        with opened() as packed, target.open("wb") as file:
            shutil.copyfileobj(packed, file, 1 << 20)
    except (EOFError, gzip.BadGzipFile, zlib.error, lzma.LZMAError, zipfile.BadZipFile) as error:
        raise _damaged(path, error) from error
    except OSError as error:
        if error.errno is None or error.errno in (5, 22):  # bz2 and Arrow raise these for what they cannot unpack
            raise _damaged(path, error) from error
        raise full(error, str(path)) from error
    return target


def _damaged(path: Path, error: Exception) -> DataError:
    """Say that a packed file is not whole."""
    kind = _KINDS.get(path.suffix.lower(), "packed")
    return DataError(f"the {kind} file is damaged or cut off: {error}", source=str(path), hint="Fetch it again.")


def _zstd(path: Path) -> IO[bytes]:
    """Open a Zstandard file."""
    import pyarrow as pa

    return pa.CompressedInputStream(pa.OSFile(str(path)), "zstd")  # type: ignore[no-any-return]


_OPENERS: dict[bytes, Callable[[Path], Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\x00": lzma.open,
    b"\x28\xb5\x2f\xfd": _zstd,
}
