"""What this floor reports: how much went between this node and its upstream, and what was filed."""

from kernel.reports import ReportClass, Section, register_section
from kernel.text import Text
from nodes.selectors.streams import filed, traffic

register_section(
    Section(
        name="nodes.traffic",
        kind=ReportClass.PLATFORM,
        title=Text("报送运行情况", "Messages to the upstream"),
        sums=("numbered", "stored", "refused"),
        collect=traffic,
    )
)
register_section(
    Section(
        name="filings.acts",
        kind=ReportClass.FILINGS,
        title=Text("标识备案情况", "Identifiers filed"),
        sums=("filed", "stored", "refused"),
        collect=filed,
    )
)
