"""What `train.evaluate` measures: metrics, slices, behaviour, baselines, gate, report."""
