"""What is meant where a caller names nothing.

Here, and not where it is used, so that `onrecord --help` loads no numpy.
"""

from pathlib import Path

CHECKPOINT = Path("runs/default/checkpoint")  # where `make train` leaves one
ENVIRONMENT = "ONRECORD_MODEL"  # the variable that names another one
WHEELS = ("onrecord_model_base", "onrecord_model_small")  # the modules of the model wheels, the better one first
DATED = "scheduling"  # the label whose sentences are diary entries
HEDGED = "hedge"  # the label whose sentences are diary entries that are not certain
PART_ROWS = 2000  # rows of a table that are scored, or scored again, together
