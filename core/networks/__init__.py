"""Generators, encoders, discriminators and feature extractors as plain torch modules."""
