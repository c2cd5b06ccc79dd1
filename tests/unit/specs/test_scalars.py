"""What a plain scalar is: text, unless it can be nothing else."""

from __future__ import annotations

import pytest

from reconciler.specs.scalars import Decimal, plain
from reconciler.specs.types import seconds


@pytest.mark.parametrize(
    "text",
    ["no", "on", "off", "yes", "y", "NO", "2020-01-01", "1e3", "010", "0x10", "0o7", "1_000", ".5",
     ".nan", ".inf", "-.inf", "+1", "1.", "12:30:45", "=", "<<", "1" * 19],
)  # fmt: skip
def test_what_other_parsers_convert_stays_text(text: str) -> None:
    assert plain(text) == text


@pytest.mark.parametrize(
    ("text", "value"),
    [("0", 0), ("-1", -1), ("224", 224), ("true", True), ("False", False), ("null", None),
     ("~", None), ("", None), ("0.5", 0.5), ("-1.25", -1.25)],
)  # fmt: skip
def test_numbers_booleans_and_null_are_what_they_are(text: str, value: object) -> None:
    assert plain(text) == value
    assert type(plain(text)) is type(value) or isinstance(value, float)


def test_a_decimal_knows_how_it_was_written() -> None:
    number = plain("1.10")
    assert isinstance(number, Decimal)
    assert number.text == "1.10"


@pytest.mark.parametrize(
    ("text", "value"),
    [("90", 90), ("90s", 90), ("15m", 900), ("2h", 7200), ("1d", 86400), ("1h30m", 5400),
     ("", None), ("m", None), ("15 m", None), ("1.5h", None), ("-15m", None), ("30m1h", None)],
)  # fmt: skip
def test_durations_are_whole_units_from_large_to_small(text: str, value: int | None) -> None:
    assert seconds(text) == value
