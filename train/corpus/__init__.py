"""From what people write to splits: rows, sources, splits, leakage, audit, dataset card."""
