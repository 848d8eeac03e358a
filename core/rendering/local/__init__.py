"""Edit-local rendering: recompute only what an edit can reach (see :mod:`.executor`)."""
