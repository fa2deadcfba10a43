"""How many threads this process may use: what the container grants, not what the machine has."""

import math
import os
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup")


def threads(cgroup: Path = CGROUP) -> int:
    """OMP_NUM_THREADS if set; else the CPUs this process may run on or the container's CPU quota, whichever is less.

    One at least. The quota is read from cgroup v2 (cpu.max) or v1 (cpu/cpu.cfs_quota_us): more threads than it would
    only be throttled.
    """
    if (wish := os.environ.get("OMP_NUM_THREADS", "")).isdecimal() and int(wish):
        return int(wish)
    # macOS and Windows have no affinity call
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(allowed, math.ceil(_quota(cgroup) or allowed)))


def _quota(cgroup: Path) -> float | None:
    """CPUs' worth of time granted, or None without a limit."""
    try:
        quota, period = (cgroup / "cpu.max").read_text().split()
    except (OSError, ValueError):
        try:
            quota, period = (
                (cgroup / "cpu" / f"cpu.cfs_{name}_us").read_text().strip() for name in ("quota", "period")
            )
        except OSError:
            return None
    return None if quota in ("max", "-1") else int(quota) / int(period)
