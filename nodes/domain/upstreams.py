"""To whom a node reports: several platforms, each with its own sections, period and format, never merged."""

from dataclasses import dataclass

from kernel.text import Text, Vocabulary
from nodes.domain.periods import PeriodLength

NATIONAL = "national"  # the profile by which nodes report to the node above them


class Channel(Vocabulary):
    """How a report reaches its reader."""

    FEDERATION = "federation", "节点互联", "The upstream node's stream"
    FILE = "file", "文件填报", "A file that a person hands in"


class Format(Vocabulary):
    """The bytes that are signed and handed over."""

    JSON = "cin-report/2", "JSON 报告", "The report as JSON"
    TABLE = "table/1", "CSV 表格", "The records as a CSV table"


@dataclass(frozen=True, slots=True)
class UpstreamProfile:
    """One platform as data: which sections it wants of which periods, how they are handed over, and who answers there.

    No `sections` stands for every section that a floor registers.
    """

    code: str
    version: str
    status: str
    source: str
    title: Text
    channel: Channel
    format: Format
    period: PeriodLength
    sections: tuple[str, ...]
    contact: Text

    @property
    def name(self) -> str:
        """The profile with its version, as reports print it."""
        return f"{self.code}/{self.version}"

    def wants(self, section: str) -> bool:
        """Whether the section is reported there."""
        return not self.sections or section in self.sections
