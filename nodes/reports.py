"""What this floor reports: how much went between this node and its upstream."""

from kernel.reports import ReportClass, Section, register_section
from kernel.text import Text
from nodes.selectors.streams import traffic

register_section(
    Section(
        name="nodes.traffic",
        kind=ReportClass.PLATFORM,
        title=Text("报送运行情况", "Messages to the upstream"),
        sums=("numbered", "stored", "refused"),
        collect=traffic,
    )
)
