"""From a bare clone to a platform that can start: `python3 deploy/bootstrap.py [--dev] [--run up|demo]`.

This file alone must parse on an old Python 3, so that it can say in one sentence what is missing: no f-strings here.
The work is in environment.py, with the Python that this file has checked.
"""

# ruff: noqa: UP032

import os
import shutil
import subprocess
import sys

OLDEST = (3, 11)
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def too_old(version: tuple, executable: str) -> str:
    """The sentence for a Python that is too old, with a newer one of this machine if there is one; else ''."""
    if tuple(version[:2]) >= OLDEST:
        return ""
    newer = [name for name in ("python3.13", "python3.12", "python3.11") if works(name)]
    way_out = "run `make setup PYTHON={}`".format(newer[0]) if newer else "install it and run `make setup` again"
    return "Kilnmark needs Python {} or newer, and {} is {}: {}.".format(
        ".".join(map(str, OLDEST)), executable, ".".join(map(str, version[:3])), way_out
    )


def works(name: str) -> bool:
    """Whether a Python of that name is on PATH and can make virtual environments."""
    return (
        bool(shutil.which(name)) and subprocess.call([name, "-c", "import ensurepip"], stderr=subprocess.DEVNULL) == 0
    )


def main() -> int:
    """Check the Python, then hand over to environment.py; 1 with one sentence where it cannot go on."""
    sentence = too_old(sys.version_info[:3], sys.executable)
    if sentence:
        sys.stderr.write(sentence + "\n")
        return 1
    sys.path[0] = ROOT  # instead of deploy/, whose file names are no top-level modules
    from deploy.environment import main as set_up

    return set_up(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
