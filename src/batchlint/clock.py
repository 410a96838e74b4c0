"""How long each stage of a run takes."""

from time import perf_counter


class Clock:
    """A stopwatch with named laps."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = perf_counter()

    def lap(self, name: str) -> None:
        """Book the time since the last lap under a name."""
        now = perf_counter()
        self.seconds[name] = now - self._last
        self._last = now
