"""How many threads an update should use, from measured times.

A full frame keeps every core busy for long; an update is a hundred short
steps, and at the end of each all threads wait for the slowest. On a machine
that does something else besides, that one may wait its turn for longer than
the step takes: then one thread alone is several times faster.
"""

from __future__ import annotations

from collections import deque
from statistics import median

# Another number of threads is tried twice in this many updates: so rarely that the 95th percentile doesn't show it.
_TRY_EVERY = 50


class ThreadChoice:
    """Picks a number of threads for each update.

    Args:
        most: threads that torch uses.
    """

    def __init__(self, most: int):
        options = [most, most // 2 if most >= 4 else most, 1]
        self.times: dict[int, deque[float]] = {n: deque(maxlen=5) for n in options}
        self._calls = 0

    def pick(self) -> int:
        """The number for the next update."""
        if len(self.times) == 1:
            return next(iter(self.times))
        self._calls += 1
        for threads, times in self.times.items():
            if len(times) < 2:
                return threads
        best = min(self.times, key=lambda n: median(self.times[n]))
        if self._calls % _TRY_EVERY < 2:
            others = [n for n in self.times if n != best]
            return others[self._calls // _TRY_EVERY % len(others)]
        return best

    def took(self, threads: int, seconds: float) -> None:
        """An update with ``threads`` took ``seconds`` for each second of work expected."""
        if threads in self.times:
            self.times[threads].append(seconds)
