"""Veduta's engine: scenes, networks, rendering and training, without Qt."""

__version__ = "0.1.0"
