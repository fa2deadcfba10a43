"""Running a checkpoint: backends, tokens, threads."""
