"""Data that many steps share, sent to each process once.

The content is written to a file that the processes map into memory, so that arrays are neither sent with every step
nor held once per process. An executor that runs elsewhere gets the bytes instead, since it cannot see the file.
"""

from __future__ import annotations

import atexit
import functools
import os
import pickle
import shutil
import sys
import tempfile
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

_ALIGNED = 64
_PREFIX = "workbench-fits-"

_opened: dict[str, Any] = {}
# In a process of the pool: the content that was unpacked last, by the parcel's name.


@dataclass(frozen=True)
class Parcel:
    """Packed content.

    Attributes
    ----------
    name : str
        Unique.
    file : Path or None
        Where the content lies; None: it travels in ``content``.
    content : bytes
        The content, for an executor that cannot see the file.
    """

    name: str
    file: Path | None
    content: bytes = field(default=b"", repr=False)

    @classmethod
    def of(cls, content: object, *, in_file: bool = True) -> Parcel:
        """Pack content that can be pickled."""
        name = uuid.uuid4().hex
        if not in_file:
            return cls(name, None, pickle.dumps(content, 5))
        path = _folder() / name
        buffers: list[pickle.PickleBuffer] = []
        head = pickle.dumps(content, 5, buffer_callback=buffers.append)
        raw = [buffer.raw() for buffer in buffers]
        sizes = np.array([len(head), *(part.nbytes for part in raw)], dtype=np.int64)
        with path.open("wb") as file:
            file.write(np.int64(len(sizes)).tobytes() + sizes.tobytes())
            parts: list[bytes | memoryview] = [head, *raw]
            for part in parts:
                file.write(b"\0" * (-file.tell() % _ALIGNED))
                file.write(part)
        return cls(name, path)

    def opened(self, unpack: Callable[[Any], Any]) -> Any:
        """Return the content as ``unpack`` makes it, which is kept until another parcel is opened."""
        if self.name not in _opened:
            _opened.clear()
            _opened[self.name] = unpack(pickle.loads(self.content) if self.file is None else _read(self.file))
        return _opened[self.name]

    def delete(self) -> None:
        """Remove the file; processes that have it open keep what they see."""
        if self.file is not None:
            # Windows does not remove an open file; it goes with its folder.
            with suppress(OSError):
                self.file.unlink(missing_ok=True)


def _read(path: Path) -> Any:
    """Unpickle a parcel's file with its arrays mapped into memory."""
    mapped = np.memmap(path, dtype=np.uint8, mode="r")
    count = int(mapped[:8].view(np.int64)[0])
    place, parts = 8 + 8 * count, []
    for size in mapped[8:place].view(np.int64).tolist():
        place += -place % _ALIGNED
        parts.append(mapped[place : place + size])
        place += size
    return pickle.loads(parts[0].tobytes(), buffers=parts[1:])


@functools.cache
def _folder() -> Path:
    """Make this process's folder for parcels, private to its owner, and remove those of processes that are gone."""
    made = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-"))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    if sys.platform != "win32":
        for left in made.parent.glob(f"{_PREFIX}*"):
            process = left.name.removeprefix(_PREFIX).partition("-")[0]
            if process.isdigit() and left.stat().st_uid == os.getuid() and not _is_running(int(process)):
                shutil.rmtree(left, ignore_errors=True)
    return made


def _is_running(process: int) -> bool:
    """Tell whether a process is there."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
