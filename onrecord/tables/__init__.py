"""Scoring tables: reading, writing and going on where a run was killed."""
