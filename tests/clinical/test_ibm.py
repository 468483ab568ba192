"""Numbers of transport files. Expected words come from TS-140, from arithmetic shown beside them, or from a
second implementation (the strict checker's)."""

import math
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xpt_files import xpt_check

from clinical.ibm import LARGEST, SMALLEST, from_ibm, to_ibm

PUBLISHED = [
    (0.0, "0000000000000000"),
    (-0.0, "0000000000000000"),
    (1.0, "4110000000000000"),  # 1/16 * 16**1
    (-1.0, "c110000000000000"),
    (2.0, "4120000000000000"),
    (100.0, "4264000000000000"),  # 0x64 / 256 * 16**2
    (0.5, "4080000000000000"),  # 8/16 * 16**0
    (0.15625, "4028000000000000"),  # 0.0010 1000b
    (-118.625, "c276a00000000000"),  # the example of most texts on IBM hexadecimal floats: 76.A
    (0.1, "401999999999999a"),  # 1/10 as a double is 0x1.999999999999ap-4
    (SMALLEST, "0010000000000000"),
    (math.nextafter(LARGEST, 0), "7ffffffffffffff8"),
]


@pytest.mark.parametrize(("value", "word"), PUBLISHED)
def test_a_number_has_its_published_ibm_word(value, word):
    assert f"{int(to_ibm(np.array([value]))[0]):016x}" == word


def test_a_number_nearer_to_zero_than_the_format_knows_becomes_zero():
    tiny = np.array([math.nextafter(SMALLEST, 0), -1e-80, 5e-324, 2.0**-1022])
    assert to_ibm(tiny).tolist() == [0, 0, 0, 0]


def test_a_missing_number_is_a_point_or_its_letter():
    codes = np.array([0x2E, ord("Z"), 0x5F, 0x2E], "u1")
    words = to_ibm(np.array([np.nan, np.nan, np.nan, 1.0]), codes)
    assert [f"{int(word):016x}" for word in words] == [
        "2e00000000000000", "5a00000000000000", "5f00000000000000", "4110000000000000",
    ]  # fmt: skip


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_inside_the_range_comes_back_bit_for_bit(value):
    inside = SMALLEST <= abs(value) < LARGEST
    value = value if inside else math.frexp(value)[0]
    raw = int(to_ibm(np.array([value]))[0]).to_bytes(8, "big")
    assert xpt_check.ibm(raw) == (value, None, None)
    back, codes, rounded = from_ibm(np.frombuffer(raw, "u1").reshape(1, 8))
    assert struct.pack("d", back[0]) == struct.pack("d", value + 0.0)
    assert (codes[0], rounded) == (0, 0)


def test_short_numbers_of_other_makers_are_read():
    # -118.625 is c2 76 a0 and then zeros, so 3 bytes hold it
    values, codes, _ = from_ibm(np.array([[0xC2, 0x76, 0xA0], [0x2E, 0, 0], [0x40, 0, 0]], "u1"))
    assert values[0] == -118.625
    assert np.isnan(values[1])
    assert values[2] == 0  # no digits, and 0x40 is no letter
    assert codes.tolist() == [0, 0x2E, 0]


def test_a_negative_zero_of_another_maker_is_zero():
    values, codes, _ = from_ibm(np.array([[0x80, 0, 0, 0, 0, 0, 0, 0]], "u1"))
    assert (values[0], math.copysign(1, values[0]), codes[0]) == (0.0, 1.0, 0)


def test_digits_that_a_double_has_not_are_rounded_and_counted():
    # 0xF0000000000001 / 2**52 is 15 + 2**-52; the last digit of a double beside 15 is 2**-49
    raw = bytes.fromhex("41f0000000000001") + bytes.fromhex("4110000000000001")
    values, _, rounded = from_ibm(np.frombuffer(raw, "u1").reshape(2, 8))
    assert values.tolist() == [15.0, 1.0 + 2.0**-52]
    assert rounded == 1
