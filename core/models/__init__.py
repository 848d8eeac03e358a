"""Model files, their cards, and the registry of architectures."""
