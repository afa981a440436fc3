"""Arrow values that DuckDB would change: which they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


def is_long(kind: pa.DataType) -> bool:
    """Tell whether a type has more decimal digits than DuckDB's."""
    import pyarrow as pa

    return bool(pa.types.is_decimal(kind) and kind.precision > 38)


def may_be_fine(kind: pa.DataType) -> bool:
    """Tell whether a type counts nanoseconds of which DuckDB keeps microseconds."""
    import pyarrow as pa

    zoned = pa.types.is_timestamp(kind) and kind.tz is not None
    return bool((pa.types.is_time64(kind) or zoned) and kind.unit == "ns")


def is_fine(values: pa.Array) -> bool:
    """Tell whether any of the values has nanoseconds below a microsecond."""
    import pyarrow as pa
    import pyarrow.compute as pc

    whole = pc.cast(values, pa.int64())
    return bool(pc.any(pc.not_equal(pc.multiply(pc.divide(whole, 1000), 1000), whole)).as_py())


def holds_inexact(kind: pa.DataType) -> bool:
    """Tell whether a nested type has decimals that are too long, or spans of time, inside."""
    import pyarrow as pa

    inner = [kind.field(n).type for n in range(kind.num_fields)]
    return any(is_long(each) or pa.types.is_duration(each) or holds_inexact(each) for each in inner)
