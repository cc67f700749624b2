"""Tables of monitoring."""

from monitoring.models.alarms import Alarm
from monitoring.models.downward import DownwardInstruction
from monitoring.models.fairness import FairnessAudit
from monitoring.models.feeds import Feed
from monitoring.models.indicators import IndicatorValue
from monitoring.models.instructions import Instruction
from monitoring.models.telemetry import Telemetry

__all__ = [
    "Alarm",
    "DownwardInstruction",
    "FairnessAudit",
    "Feed",
    "IndicatorValue",
    "Instruction",
    "Telemetry",
]
