"""Random numbers without a generator: the same integers always give the same number."""

_MASK = 2**64 - 1


def uniform(*numbers: int) -> float:
    """A number from 0 (included) to 1 (excluded), hashed from integers by splitmix64.

    Source: Steele, Lea and Flood, 2014.
    """
    state = 0
    for number in numbers:
        state = (state + number + 0x9E3779B97F4A7C15) & _MASK
        state = ((state ^ state >> 30) * 0xBF58476D1CE4E5B9) & _MASK
        state = ((state ^ state >> 27) * 0x94D049BB133111EB) & _MASK
        state ^= state >> 31
    return state / 2**64
