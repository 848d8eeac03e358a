"""Training: recipes, losses, the loop, and its command."""
