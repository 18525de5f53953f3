"""Twenty kills: nothing acknowledged is lost, nothing is doubled. `./dev crash N` makes any
number."""

import pytest

from checks import Findings, check_drops
from killing import Life, Totals
from ledger import Ledger, Outcome

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


def test_a_drop_is_judged_by_the_rows_that_were_there():
    place = ("alpha", "fleeting")
    ledger = Ledger()
    parts = []
    for _ in range(3):
        request = ledger.open_request([(*place, 1)])
        ledger.answered(request, Outcome.ACKNOWLEDGED)
        parts += request.parts
    drop = ledger.open_drop(*place)
    ledger.answered(drop, Outcome.UNKNOWN)
    parts[0].settled = False  # an earlier drop of unknown outcome had taken it

    def problems(*present):
        findings = Findings()
        check_drops(place, parts, [drop], dict(zip(map(id, parts), present)), findings)
        return findings.problems

    assert not problems(False, True, True) and not problems(False, False, False)
    assert problems(False, True, False)
