"""Cast shadows: which of the ground the sun doesn't reach, told from a label map alone."""
