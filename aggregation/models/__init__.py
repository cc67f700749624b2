"""Tables of supply."""

from aggregation.models.agents import Agent
from aggregation.models.allotments import Allotment
from aggregation.models.centres import Centre, CentreStore
from aggregation.models.inventory import Heartbeat, Inventory
from aggregation.models.offers import Offer, OfferPrice
from aggregation.models.pools import Pool

__all__ = [
    "Agent",
    "Allotment",
    "Centre",
    "CentreStore",
    "Heartbeat",
    "Inventory",
    "Offer",
    "OfferPrice",
    "Pool",
]
