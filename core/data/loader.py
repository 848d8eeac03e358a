"""Reading ahead: the next batches are made while the present one is used."""

from __future__ import annotations

from collections import OrderedDict, deque
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Callable, Iterator, TypeVar

import numpy as np

from core.data.samples import Sample, read_sample

Made = TypeVar("Made")


def ahead(make: Callable[[int], Made], first: int, end: int, threads: int = 1) -> Iterator[Made]:
    """``make(first)``, ..., ``make(end - 1)``, in order, each begun before it is asked for.

    Args:
        threads: how many are made at a time; as many more lie ready.
    """
    with ThreadPoolExecutor(threads, thread_name_prefix="batches") as pool:
        waiting: deque = deque()
        try:
            for number in range(first, end):
                waiting.append(pool.submit(make, number))
                if len(waiting) > threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


class Reader:
    """:func:`core.data.samples.read_sample` that keeps what fits in ``limit`` bytes decoded.

    The arrays are shared: don't write into them. Safe to call from threads.
    """

    def __init__(self, limit: int = 1 << 29):
        self.limit = limit
        self._kept: OrderedDict[Sample, tuple[np.ndarray, ...]] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def __call__(self, sample: Sample) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        with self._lock:
            if sample in self._kept:
                self._kept.move_to_end(sample)
                return self._kept[sample]
        arrays = read_sample(sample)
        size = sum(a.nbytes for a in arrays)
        with self._lock:
            if sample not in self._kept:
                self._kept[sample] = arrays
                self._bytes += size
            while self._bytes > self.limit:
                _, dropped = self._kept.popitem(last=False)
                self._bytes -= sum(a.nbytes for a in dropped)
        return arrays
