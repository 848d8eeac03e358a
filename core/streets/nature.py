"""Everything green that a street may hold, in one place for the planner."""

from core.streets.greenery import bush, climber, grass, hedge, planter
from core.streets.trees import FEWEST_CLUSTERS, MOST_CLUSTERS, SEASONS, SPECIES, tree

__all__ = [
    "FEWEST_CLUSTERS", "MOST_CLUSTERS", "SEASONS", "SPECIES", "bush", "climber", "grass", "hedge", "planter", "tree",
]
