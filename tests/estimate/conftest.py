from datetime import date

import pytest

from batchlint.estimate import Prices, load_prices

DAY = date(2026, 11, 25)


@pytest.fixture(scope="session")
def prices() -> Prices:
    return load_prices(on=DAY)
