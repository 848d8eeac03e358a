"""Measuring a model against held-out photographs."""
