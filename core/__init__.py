"""Veduta's engine: scenes, networks, rendering and training, without Qt."""
