"""Build, fit, evaluate: run from a clone as `python -m train.NAME`.

Users install `onrecord`, which never imports this.
"""

import os

# The chain prints its own progress; the libraries' bars and load reports would bury it. Must be set before they are
# imported.
for _name, _value in {
    "TRANSFORMERS_VERBOSITY": "error",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
}.items():
    os.environ.setdefault(_name, _value)
