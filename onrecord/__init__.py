"""onrecord: what does a news sentence put on record?

from onrecord import Classifier
Classifier.load("runs/default/checkpoint").predict("The talks will resume on Monday.")

Importing this is light: what a name needs is loaded when the name is asked for, ONNX Runtime or torch by
`Classifier.load`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from onrecord.article.read import Article, Statement, read
    from onrecord.classifier import Classifier, Prediction

__all__ = ["Article", "Classifier", "Prediction", "Statement", "read"]
__version__ = "0.2.0"

_HOMES = {
    "Article": "onrecord.article.read",
    "Statement": "onrecord.article.read",
    "read": "onrecord.article.read",
    "Classifier": "onrecord.classifier",
    "Prediction": "onrecord.classifier",
}


def __getattr__(name: str) -> Any:
    """The public names, loaded on first use (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
