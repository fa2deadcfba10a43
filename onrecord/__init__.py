"""onrecord: what does a news sentence put on record?

    from onrecord import Classifier
    Classifier.load("runs/default/checkpoint").predict("The talks will resume on Monday.")

Importing this is light; ONNX Runtime or torch is loaded by `Classifier.load`, not before.
"""

from onrecord.article.read import Article, Statement, read
from onrecord.classifier import Classifier, Prediction

__all__ = ["Article", "Classifier", "Prediction", "Statement", "read"]
__version__ = "0.1.0"
