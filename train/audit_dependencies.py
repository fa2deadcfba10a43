"""Are there known holes in the dependencies? Every version of constraints.txt is looked up by pip-audit in the Python Packaging Advisory Database.

    python -m train.audit_dependencies

Exit 1 if one has a known vulnerability. Where the advisory service cannot be reached, it says that nothing was audited and exits 0: a
machine without internet still builds.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from train.config import DEFAULTS, Stop, run

CONSTRAINTS = DEFAULTS.parent.parent / "constraints.txt"
PIP_AUDIT = (sys.executable, "-m", "pip_audit")
OPTIONS = (
    "--no-deps",
    "--disable-pip",
    "--format",
    "json",
    "--progress-spinner",
    "off",
    "--timeout",
    "15",
    "--requirement",
    str(CONSTRAINTS),
)


def main(command: Sequence[str] = PIP_AUDIT) -> int:
    """Ask, print, and give the exit status. Raises Stop if pip-audit is not installed."""
    asked = subprocess.run([*command, *OPTIONS], capture_output=True, text=True, check=False)
    if "No module named pip_audit" in asked.stderr:
        raise Stop("pip-audit is not installed: run `make audit-dependencies`, which installs it")
    try:
        found = json.loads(asked.stdout)["dependencies"]
    except (ValueError, KeyError, TypeError):
        said = asked.stderr.strip().splitlines()
        print(
            f"NOT AUDITED: the advisory service gave no answer ({said[-1] if said else f'pip-audit ended with {asked.returncode}'})"
        )
        return 0
    lines, holes = verdict(found)
    print("\n".join(lines))
    return 1 if holes else 0


def verdict(dependencies: list[dict[str, Any]]) -> tuple[list[str], int]:
    """What to print about pip-audit's answer, a line for each vulnerability, and how many there are. Raises Stop for an answer about nothing."""
    if not dependencies:
        raise Stop(f"pip-audit found no dependency in {CONSTRAINTS}")
    holes = [
        f"{d['name']} {d['version']}: {v['id']} ({', '.join(v['aliases']) or 'no alias'}); mended in {', '.join(v['fix_versions']) or 'no version yet'}"
        for d in dependencies
        for v in d.get("vulns", [])
    ]
    skipped = [d for d in dependencies if "skip_reason" in d]
    audited = len(dependencies) - len(skipped)
    lines = holes + [
        f"{audited} of {len(dependencies)} pinned versions audited, {len(holes)} known vulnerabilities"
    ] * bool(audited)
    if skipped:
        lines.append(f"NOT AUDITED: {len(skipped)} versions, e.g. {skipped[0]['name']} ({skipped[0]['skip_reason']})")
    return lines, len(holes)


if __name__ == "__main__":
    run(main)
