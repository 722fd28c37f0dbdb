"""100 whole lives in parallel through the real server, database and worker, compared with the limit of 60 s."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

LIVES = 100
LIMIT_SECONDS = 60.0
EXAMPLE = Path(__file__).parent.parent / "examples" / "huojia-plain.yaml"


def run() -> dict[str, float]:
    """Seconds for all lives, with and without starting the environment, and the ratio to the limit."""
    with tempfile.TemporaryDirectory() as name:
        scripts = []
        for number in range(LIVES):
            script = Path(name) / f"life-{number}.yaml"
            script.write_text(EXAMPLE.read_text())
            scripts.append(str(script))
        alone = _seconds(scripts[:1])
        together = _seconds(scripts)
    return {
        "lives": LIVES,
        "seconds": together,
        "seconds_of_one_alone": alone,
        "ratio_to_limit": together / LIMIT_SECONDS,
    }


def _seconds(scripts: list[str]) -> float:
    begun = time.perf_counter()
    command = [sys.executable, "-m", "cli.main", "rehearse", "--json", *scripts]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603
    return time.perf_counter() - begun


if __name__ == "__main__":
    figures = run()
    print(
        f"{LIVES} rehearsals side by side: {figures['seconds']:.1f} s, {figures['ratio_to_limit']:.2f} of the limit of "
        f"{LIMIT_SECONDS:.0f} s; one alone, mostly setting the stage: {figures['seconds_of_one_alone']:.1f} s"
    )
