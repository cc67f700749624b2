"""Resource aggregation (system B): compute centres, pools, offers, inventory, and what may be sold."""
