"""Eight words ⇄ 84 bits, with a check word that finds and mends mistakes. spec: Code."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from crypto.errors import MalformedError

LIST_SIZE: Final = 4_096
WORD_COUNT: Final = 8
SECRET_SIZE: Final = 11
PREFIX_LETTERS: Final = 4

# x¹² + x⁶ + x⁴ + x + 1, a primitive polynomial of GF(2¹²).
_POLYNOMIAL: Final = 0x1053
_LETTERS: Final = re.compile(r"[a-z]+", re.ASCII)


def _multiply(a: int, b: int) -> int:
    product = 0
    while b:
        product ^= a if b & 1 else 0
        a = a << 1 ^ (_POLYNOMIAL if a & 0x800 else 0)
        b >>= 1
    return product


def _power(a: int, exponent: int) -> int:
    result = 1
    for _ in range(exponent):
        result = _multiply(result, a)
    return result


# spec: the weight of digit i is α^(7−i), α = x. They differ from one another, hence a swap shows.
_WEIGHTS: Final = tuple(_power(2, WORD_COUNT - 1 - i) for i in range(WORD_COUNT))


def _syndrome(digits: Sequence[int]) -> int:
    total = 0
    for weight, digit in zip(_WEIGHTS, digits, strict=True):
        total ^= _multiply(weight, digit)
    return total


def make_secret(random: bytes) -> bytes:
    """Return a secret from 11 random bytes, of which the first four bits are dropped."""
    assert len(random) == SECRET_SIZE, "a secret needs 11 random bytes"
    return bytes([random[0] & 0x0F]) + random[1:]


def encode(secret: bytes, words: Sequence[str]) -> list[str]:
    """Return the eight words of a secret of 11 bytes, from a list of 4,096."""
    number = int.from_bytes(secret, "big")
    assert len(secret) == SECRET_SIZE and number < 1 << 84, "a secret is 84 bits in 11 bytes"  # noqa: PT018
    digits = [number >> 12 * (6 - i) & 0xFFF for i in range(7)]
    # spec: c_7 = Σ α^(7−i)·c_i; the weight of c_7 is 1.
    return [words[d] for d in [*digits, _syndrome([*digits, 0])]]


def decode(typed: Sequence[str], words: Sequence[str]) -> bytes:
    """Return the secret of eight words.

    Raises MalformedError for a word that is not on the list or a check word that does not fit. Every single wrong
    word and every swap is found for certain; several wrong words pass with a probability of 1 in 4,096.
    """
    digits = [_index(word, words) for word in typed]
    if len(digits) != WORD_COUNT or _syndrome(digits) != 0:
        raise MalformedError("the words do not fit together")
    number = 0
    for digit in digits[:7]:
        number = number << 12 | digit
    return number.to_bytes(SECRET_SIZE, "big")


def recover(typed: Sequence[str | None], words: Sequence[str]) -> str:
    """Return the one missing word, None at its place; a proposal, never to be applied silently.

    Raises MalformedError unless exactly one of eight is missing and the rest are on the list.
    """
    missing = [i for i, word in enumerate(typed) if word is None]
    if len(typed) != WORD_COUNT or len(missing) != 1:
        raise MalformedError("exactly one word may be missing")
    place = missing[0]
    digits = [0 if word is None else _index(word, words) for word in typed]
    # The inverse of a non-zero element is its power 2¹² − 2; the weights are powers of α, whose order is 4,095.
    inverse = _power(2, (LIST_SIZE - 1 - (WORD_COUNT - 1 - place)) % (LIST_SIZE - 1))
    return words[_multiply(_syndrome(digits), inverse)]


def split(text: str) -> list[str]:
    """Return the words in what was typed or pasted: lower case, numbers and punctuation dropped."""
    return _LETTERS.findall(text.lower())


def complete(typed: str, words: Sequence[str]) -> list[str]:
    """Return the words of the list that begin with what was typed."""
    return [word for word in words if word.startswith(typed)] if typed else []


def _index(word: str, words: Sequence[str]) -> int:
    assert len(words) == LIST_SIZE, "a word list has 4,096 words"
    found = complete(word, words) if len(word) >= PREFIX_LETTERS else []
    exact = [w for w in words if w == word]
    if len(exact or found) != 1:
        raise MalformedError("a word is not on the list")
    return words.index((exact or found)[0])
