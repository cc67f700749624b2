"""Evidence files: which bytes are taken, and how many."""

from kernel.text import Vocabulary
from participants.errors import UnusableDocument

LARGEST_FILE = 5 * 2**20  # bytes
MOST_DOCUMENTS = 30  # valid ones, for each organisation


class FileType(Vocabulary):
    """The types of file that are taken, told from their first bytes and never from a name or a header."""

    PDF = "pdf", "PDF 文件", "PDF file"
    PNG = "png", "PNG 图像", "PNG image"
    JPEG = "jpeg", "JPEG 图像", "JPEG image"

    @property
    def media_type(self) -> str:
        """What HTTP calls the type."""
        return "application/pdf" if self is FileType.PDF else f"image/{self.value}"


SIGNATURES = (
    (b"%PDF-", FileType.PDF),
    (b"\x89PNG\r\n\x1a\n", FileType.PNG),
    (b"\xff\xd8\xff", FileType.JPEG),
)


def sniff(content: bytes) -> FileType:
    """The type of a file by its first bytes. Raises UnusableDocument for empty, too large or other files."""
    if len(content) > LARGEST_FILE:
        raise UnusableDocument(
            pointer="/file",
            reason_zh=f"文件大于 {LARGEST_FILE >> 20} MiB；请压缩后提交。",
            reason_en=f"The file is larger than {LARGEST_FILE >> 20} MiB; make it smaller.",
        )
    for signature, kind in SIGNATURES:
        if content.startswith(signature):
            return kind
    raise UnusableDocument(
        pointer="/file",
        reason_zh="文件内容不是 PDF、PNG 或 JPEG；请转换后提交。",
        reason_en="The content is not PDF, PNG or JPEG; convert it first.",
    )
