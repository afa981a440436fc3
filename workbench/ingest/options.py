"""How a source is to be read, where it is not what the importer takes for granted.

One frozen record travels from the command line, the app and Python through import, refresh and preview. The dataset's
definition remembers it with the source, so that tomorrow's delivery is read the same way.
"""

from __future__ import annotations

import codecs
import csv
import dataclasses
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from workbench.errors import UsageError

_TEXT = ("encoding", "skip_rows", "skip_end", "comment", "delimiter", "quote", "escape", "header", "ragged", "trim")
_MEANS_SOMETHING = {
    "text": _TEXT,
    "JSON": ("encoding", "records"),
    "Excel": ("sheet", "skip_rows", "skip_end", "header", "trim"),
}
"""Options by the form of the source; the others mean nothing there."""


@dataclass(frozen=True, kw_only=True)
class ReadOptions:
    """How a source is to be read. None: as it comes.

    Attributes
    ----------
    encoding : str, optional
        Of a text or JSON file, as Python names it: ``cp1252``, ``utf-16``, ``shift_jis``. Default: UTF-8.
    skip_rows, skip_end : int, optional
        Lines (in Excel: rows) to leave out at the top and at the end.
    comment : str, optional
        Lines that begin with this text are left out.
    delimiter : str, optional
        Between the cells: one character, ``tab``, or ``none`` for a file of one column. Default: found out.
    quote : str, optional
        Around cells; ``none``: quotes are text like any other. Default: ``"``.
    escape : str, optional
        Takes its meaning from the character that follows. Default: none; a quote in a quoted cell is doubled.
    header : str or tuple of str, optional
        ``yes`` (the default), ``no`` (columns are called column_1, column_2, …), ``unique`` (blank and repeated names
        get a number), the row in which the header is (``3``), the rows that make it up (``3-4``), or the names
        themselves, for a file that has none.
    ragged : {"refuse", "fill"}, optional
        ``fill``: rows that end early get missing cells, and empty cells beyond the header are left out.
    trim : {"no", "yes"}, optional
        ``yes``: blanks around names and cells are taken away.
    sheet : str, optional
        Of an Excel workbook.
    records : str, optional
        Where the array of records stands in a JSON document: ``data.items``; ``.`` is the document itself.

    Examples
    --------
    >>> ReadOptions(encoding="cp1252", skip_rows=2).arguments()
    ('--encoding', 'cp1252', '--skip-rows', '2')
    """

    encoding: str | None = None
    skip_rows: int | None = None
    skip_end: int | None = None
    comment: str | None = None
    delimiter: str | None = None
    quote: str | None = None
    escape: str | None = None
    header: str | tuple[str, ...] | None = None
    ragged: str | None = None
    trim: str | None = None
    sheet: str | None = None
    records: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return what is set, as JSON values."""
        found = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in found.items()
            if value is not None
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> ReadOptions:
        """Read what :meth:`to_dict` wrote; what an older or newer workbench called otherwise is left out."""
        known = {field.name for field in dataclasses.fields(cls)}
        found: dict[str, Any] = {
            n: tuple(v) if isinstance(v, list) else v for n, v in values.items() if n in known and v is not None
        }
        return cls(**found)

    def over(self, base: ReadOptions) -> ReadOptions:
        """Return these options, and those of ``base`` where these are not set."""
        return ReadOptions.from_dict(base.to_dict() | self.to_dict())

    def arguments(self) -> tuple[str, ...]:
        """Write as arguments of the command line."""
        result: list[str] = []
        for name, value in self.to_dict().items():
            if name == "skip_end":
                result += ["--skip-rows", str(-value)]
            elif isinstance(value, list):
                result += ["--header", _listed(value)]
            else:
                result += [f"--{'ragged-rows' if name == 'ragged' else name.replace('_', '-')}", str(value)]
        return tuple(result)

    def checked(self, form: str, *, given: ReadOptions | None = None) -> ReadOptions:
        """Return what means something for a form of source.

        Parameters
        ----------
        form : str
            ``text``, ``JSON``, ``Excel`` or another.
        given : ReadOptions, optional
            What somebody asked for just now, as against what is remembered.

        Raises
        ------
        UsageError
            An option means nothing for this form, or its value nothing at all.
        """
        sensible = _MEANS_SOMETHING.get(form, ())
        for name in (given or ReadOptions()).to_dict():
            if name not in sensible:
                option = ReadOptions.from_dict({name: getattr(given, name)}).arguments()[0]
                kinds = " or ".join(kind for kind, names in _MEANS_SOMETHING.items() if name in names)
                raise UsageError(f"{option} means nothing for {form}.", hint=f"It is for {kinds}.")
        kept = ReadOptions.from_dict({name: v for name, v in self.to_dict().items() if name in sensible})
        kept._check_values()
        return kept

    def _check_values(self) -> None:
        """Refuse values that mean nothing."""
        if self.encoding is not None:
            _check_encoding(self.encoding)
        for name in ("skip_rows", "skip_end"):
            if (getattr(self, name) or 0) < 0:
                raise UsageError(f"{name} is {getattr(self, name)}, but lines are counted from 0.")
        if (
            self.delimiter is not None
            and self.delimiter not in ("tab", "none", r"\t")
            and (len(self.delimiter) != 1 or self.delimiter in '"\r\n')
        ):
            raise UsageError(
                f"--delimiter {self.delimiter!r} is not one character.", hint="For instance ';', tab, or none."
            )
        for name in ("quote", "escape"):
            value = getattr(self, name)
            if value not in (None, "none", "") and (len(value) != 1 or value in "\r\n"):
                raise UsageError(f"--{name} {value!r} is not one character.", hint="For instance --escape '\\'.")
        if self.ragged not in (None, "refuse", "fill"):
            raise UsageError(f"--ragged-rows takes refuse or fill, not '{self.ragged}'.")
        if self.trim not in (None, "yes", "no"):
            raise UsageError(f"--trim takes yes or no, not '{self.trim}'.")
        if isinstance(self.header, str) and not re.fullmatch(r"yes|no|unique|[1-9]\d*(-[1-9]\d*)?", self.header):
            raise UsageError(f"The header '{self.header}' is none of yes, no, unique, a row, rows or names.")
        first, last = self.header_rows
        if last < first:
            raise UsageError(f"--header {self.header} ends before it begins.")

    @property
    def separator(self) -> str | None:
        """The delimiter itself; of a file of one column a character that no text has."""
        return {"tab": "\t", r"\t": "\t", "none": "\x1f"}.get(self.delimiter or "", self.delimiter)

    @property
    def header_rows(self) -> tuple[int, int]:
        """The first and last row of the header, after what is skipped, from 1."""
        if isinstance(self.header, str) and self.header[:1].isdigit():
            first, _, last = self.header.partition("-")
            return int(first), int(last or first)
        return 1, 1

    @property
    def has_header(self) -> bool:
        """Whether the source's first row names the columns."""
        return self.header != "no" and not isinstance(self.header, tuple)

    def column_names(self, rows: list[list[str]]) -> list[str]:
        """Make the columns' names of the header's rows, or of the first row where there is no header.

        Parameters
        ----------
        rows : list of lists of str
            Cells; a blank one is "".
        """
        if isinstance(self.header, tuple):
            return list(self.header)
        if self.header == "no":
            return [f"column_{position}" for position in range(1, len(rows[0]) + 1)]
        width = len(rows[-1])
        cells = [[row[n] for row in rows if n < len(row)] for n in range(width)]
        if self.trim == "yes":
            cells = [[part.strip() for part in parts] for parts in cells]
        names = [parts[0] if len(parts) == 1 else " ".join(filter(None, parts)) for parts in cells]
        return _unique(names) if self.header == "unique" else names


AS_IT_COMES = ReadOptions()
"""Nothing is said: a source is read by what it is."""


def parse_header(text: str | None) -> str | tuple[str, ...] | None:
    """Read ``--header``: a word, a row, rows, or names with commas between them."""
    if text is None or re.fullmatch(r"yes|no|unique|[1-9]\d*(-[1-9]\d*)?", text):
        return text
    return tuple(next(csv.reader(io.StringIO(text), skipinitialspace=True), [""]))


def _listed(names: list[str]) -> str:
    """Write names with commas between them, as :func:`parse_header` reads them."""
    out = io.StringIO()
    plain = not isinstance(parse_header(",".join(names)), str)
    quoting: Literal[0, 1] = csv.QUOTE_MINIMAL if plain else csv.QUOTE_ALL
    csv.writer(out, quoting=quoting, lineterminator="").writerow(names)
    return out.getvalue()


def _unique(names: list[str]) -> list[str]:
    """Number names that are blank or stand twice."""
    result: list[str] = []
    for position, name in enumerate(names, start=1):
        chosen = base = name if name.strip() else f"column_{position}"
        number = 2
        while chosen in result or (chosen != name and chosen in names):
            chosen, number = f"{base}_{number}", number + 1
        result.append(chosen)
    return result


def _check_encoding(name: str) -> None:
    """Refuse what is no encoding of texts, or none that a file can be read by piece by piece."""
    try:
        known = codecs.lookup(name)
        fine = known._is_text_encoding and known.incrementaldecoder is not None
    except (LookupError, ValueError):
        fine = False
    if not fine:
        raise UsageError(f"'{name}' is no encoding.", hint="For instance utf-8, cp1252, utf-16, shift_jis, gb18030.")
