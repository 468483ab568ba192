"""Chance: one stream for each subject and purpose, so that nothing drawn for one moves another."""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, log, pi, sqrt
from typing import TypeVar
from zlib import crc32

import numpy as np

Thing = TypeVar("Thing")
POOL = 128


class Dice:
    """Draws for one purpose of one subject; the same whatever the number of subjects."""

    __slots__ = ("_pool", "_rng")

    def __init__(self, seed: int, number: int, purpose: str):
        words = [seed, number, crc32(purpose.encode())]
        self._rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence(words)))
        self._pool: list[float] = []

    def part(self) -> float:
        """A number from 0 up to 1."""
        if not self._pool:
            self._pool = self._rng.random(POOL).tolist()
        return self._pool.pop()

    def chance(self, share: float) -> bool:
        """Whether something happens that happens to this share."""
        return self.part() < share

    def whole(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return low + int(self.part() * (high - low + 1))

    def between(self, low: float, high: float) -> float:
        """A number of this interval."""
        return low + self.part() * (high - low)

    def normal(self, mean: float, spread: float) -> float:
        """A number around the mean."""
        return mean + spread * sqrt(-2 * log(1 - self.part())) * cos(2 * pi * self.part())

    def pick(self, things: Sequence[Thing]) -> Thing:
        """One of them, each as likely."""
        return things[int(self.part() * len(things))]

    def weighted(self, shares: dict[Thing, float]) -> Thing:
        """One of them, as likely as its share of all."""
        rest = self.part() * sum(shares.values())
        for thing, share in shares.items():
            rest -= share
            if rest < 0:
                return thing
        return next(reversed(shares))

    def shuffled(self, things: Sequence[Thing]) -> list[Thing]:
        """All of them in some order."""
        return [thing for _, _, thing in sorted((self.part(), n, thing) for n, thing in enumerate(things))]
