"""Twenty kills: nothing acknowledged is lost, nothing is doubled. `./dev crash N` makes any
number."""

import pytest

from killing import Life, Totals

# Together 20. With `off` nothing is promised but whole files and no row twice.
KILLS = {"sync": 9, "interval": 7, "off": 4}
LOAD_SECONDS_MAX = 1.0
SEED = 20


@pytest.mark.parametrize("mode", KILLS)
def test_kills_lose_and_double_nothing(mode, tmp_path):
    totals = Totals()
    Life(tmp_path, mode, f"{SEED}-{mode}", totals, LOAD_SECONDS_MAX).run(KILLS[mode])
    assert not totals.problems, "\n".join(totals.problems[:40])
    assert totals.kills == KILLS[mode]
    assert totals.acknowledged_rows > 1000 and totals.drops > 0, totals
