"""`./dev crash N`: kills a server under load N times, in every durability mode, and checks each
time.

The seed decides what is sent and when the kills fall, not how threads take turns: the same seed
makes a similar run, not the same one.
"""

import argparse
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from arc_server import find_binary  # noqa: E402
from killing import MODES, Life, Totals  # noqa: E402


def arguments():
    parser = argparse.ArgumentParser(prog="dev crash", description=__doc__.splitlines()[0])
    parser.add_argument("kills", type=int, nargs="?", default=60)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--modes", default=",".join(MODES), help="which, separated by commas")
    parser.add_argument("--kills-per-data", type=int, default=10,
                        help="so often the same data directory is killed")
    parser.add_argument("--load-seconds", type=float, default=2.0, help="longest time to a kill")
    return parser.parse_args()


def run_life(mode, kills, seed, load_seconds, totals):
    """Returns the folder when something is wrong, to be looked at."""
    folder = Path(tempfile.mkdtemp(prefix="arc-crash-"))
    life = Life(folder, mode, seed, totals, load_seconds)
    settings = " ".join(f"{key}={value}" for key, value in life.settings.items())
    print(f"{mode}, seed {seed}: {settings}", flush=True)
    started = time.monotonic()

    def report(done, moment, findings):
        words = "ok" if not findings.problems else f"{len(findings.problems)} problems"
        seconds = time.monotonic() - started
        print(f"  {seconds:6.1f} s  kill {done} in {moment}: {words}", flush=True)

    life.run(kills, report)
    if totals.problems:
        return folder
    shutil.rmtree(folder)
    return None


def show(totals_of_modes):
    names = ["kills", "requests", "acknowledged_rows", "drops", "lost_rows", "doubled_rows",
             "half_requests", "unlisted_files"]
    print("\n| mode | " + " | ".join(name.replace("_", " ") for name in names)
          + " | slowest start |")
    print("|---|" + "---:|" * (len(names) + 1))
    for mode, totals in totals_of_modes.items():
        cells = [f"{getattr(totals, name):,}" for name in names]
        print(f"| {mode} | " + " | ".join(cells) + f" | {totals.slowest_start:.2f} s |")


def main():
    wanted = arguments()
    modes = wanted.modes.split(",")
    print(f"{wanted.kills} kills of {find_binary()}, seed {wanted.seed}")
    all_totals = {mode: Totals() for mode in modes}
    left, number, failed = wanted.kills, 0, False
    while left > 0 and not failed:
        mode = modes[number % len(modes)]
        totals = all_totals[mode]
        before = totals.kills
        kills = min(wanted.kills_per_data, left)
        folder = run_life(mode, kills, f"{wanted.seed}-{number}", wanted.load_seconds, totals)
        left, number = left - (totals.kills - before), number + 1
        if folder:
            failed = True
            print(f"\nwrong, the data is left in {folder}:")
            print("\n".join(f"  {problem}" for problem in totals.problems[:40]))
    show(all_totals)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
