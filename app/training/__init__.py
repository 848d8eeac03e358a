"""Training from the window: the dialog, its runs, and new training scenes."""
