"""IEEE doubles and the IBM/360 floats of SAS transport files.

An IBM float is a sign, a power of 16 (biased by 64) and a fraction of 56 bits. That is three bits more than a
double has, so every double inside the range is kept exactly. A number is turned by two look-ups on its top 12
bits (sign and exponent), a shift and an or.
"""

from __future__ import annotations

import numpy as np

LARGEST = 2.0**252  # 7.237e75: the first power of two that no longer fits
SMALLEST = 2.0**-260  # 5.398e-79: anything nearer to zero becomes zero
POINT = 0x2E
CODES = {".": POINT, "._": 0x5F} | {f".{letter}": ord(letter) for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}

_FRACTION = np.uint64((1 << 52) - 1)
_HIDDEN = np.uint64(1 << 52)
_MANTISSA = np.uint64((1 << 56) - 1)


def _tables() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """By the top 12 bits of a double: how far the fraction moves, the first IBM byte, whether it fits."""
    shift = np.zeros(4096, "u8")
    first = np.zeros(4096, "u8")
    fits = np.zeros(4096, "bool")
    for top in range(4096):
        power = (top & 0x7FF) - 1022  # the number is 0.1f * 2**power
        sixteens = -(-power // 4)
        if (top & 0x7FF) not in (0, 0x7FF) and -64 <= sixteens <= 63:
            shift[top] = 3 - (4 * sixteens - power)
            first[top] = ((top >> 11) << 7 | sixteens + 64) << 56
            fits[top] = True
    return shift, first, fits


_SHIFT, _FIRST, _FITS = _tables()
_SCALE = np.array(
    [(-1.0 if byte & 0x80 else 1.0) * 2.0 ** (4 * ((byte & 0x7F) - 64) - 56) for byte in range(256)]
)
_IS_CODE = np.isin(np.arange(256), list(CODES.values()))


def to_ibm(values: np.ndarray, codes: np.ndarray | None = None) -> np.ndarray:
    """The IBM words (uint64) of float64 `values`.

    Needs:   |values| below LARGEST.
    Missing: NaN gives `.`, or the code byte of `codes` at that place.
    """
    bits = np.ascontiguousarray(values).view("u8")
    top = (bits >> np.uint64(52)).view("i8")
    words = (((bits & _FRACTION) | _HIDDEN) << _SHIFT[top]) | _FIRST[top]
    fits = _FITS[top]
    if not fits.all():
        words[~fits] = 0
        missing = np.isnan(values)
        code = np.uint64(POINT) if codes is None else codes[missing].astype("u8")
        words[missing] = code << np.uint64(56)
    return words


def from_ibm(raw: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
    """The float64 values of rows of 2 to 8 bytes, their missing codes, and how many were rounded.

    Gives:   NaN and the code byte (`.` is POINT, present is 0) where missing; the nearest double elsewhere.
    """
    whole = np.zeros((len(raw), 8), "u1")
    whole[:, : raw.shape[1]] = raw
    words = whole.view(">u8").ravel().astype("u8")
    mantissa = words & _MANTISSA
    first = (words >> np.uint64(56)).view("i8")
    significand = mantissa.astype("f8")
    rounded = int(np.count_nonzero(significand.astype("u8") != mantissa))
    values = significand * _SCALE[first] + 0.0  # a negative zero becomes zero
    codes = np.where((mantissa == 0) & _IS_CODE[first], first, 0).astype("u1")
    values[codes != 0] = np.nan
    return values, codes, rounded
