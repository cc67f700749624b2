"""A one-page PDF that says of itself, in its text and in its properties, that it is demonstration data."""

# A standard Chinese face that viewers bring along, so nothing has to be embedded.
CHINESE_FACE = (
    b"<</Type/Font/Subtype/CIDFontType0/BaseFont/STSong-Light/CIDSystemInfo"
    b"<</Registry(Adobe)/Ordering(GB1)/Supplement 4>>/FontDescriptor 8 0 R/DW 1000/W[1 95 500]>>"
)
CHINESE_METRICS = (
    b"<</Type/FontDescriptor/FontName/STSong-Light/Flags 6/FontBBox[-25 -254 1000 880]"
    b"/ItalicAngle 0/Ascent 880/Descent -120/CapHeight 880/StemV 93>>"
)
PAGE = (
    b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 420 595]/Contents 4 0 R/Resources<</Font<</H 5 0 R/C 6 0 R>>>>>>"
)


def demo_document(title: str, lines: list[str]) -> bytes:
    """The bytes of an A5 page with a title and lines in Chinese or English; the same input gives the same bytes."""
    text = [b"BT /C 18 Tf 40 540 Td <" + title.encode("utf-16-be").hex().encode() + b"> Tj ET"]
    for number, line in enumerate(lines):
        height = 500 - 22 * number
        text.append(f"BT /C 11 Tf 40 {height} Td <{line.encode('utf-16-be').hex()}> Tj ET".encode())
    text.append(b"BT /H 11 Tf 40 40 Td (Demonstration data. Not a real document.) Tj ET")
    stream = b"\n".join(text)
    properties = b"\xfe\xff" + title.encode("utf-16-be")
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        PAGE,
        b"<</Length %d>>stream\n%b\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        b"<</Type/Font/Subtype/Type0/BaseFont/STSong-Light/Encoding/UniGB-UTF16-H/DescendantFonts[7 0 R]>>",
        CHINESE_FACE,
        CHINESE_METRICS,
        b"<</Title<" + properties.hex().encode() + b">/Subject(Demonstration data)>>",
    ]
    return _file(objects)


def _file(objects: list[bytes]) -> bytes:
    body, offsets = bytearray(b"%PDF-1.4\n"), []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(body))
        body += b"%d 0 obj" % number + content + b"endobj\n"
    start = len(body)
    body += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    body += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    # The last object holds the properties.
    body += b"trailer<</Size %d/Root 1 0 R/Info %d 0 R>>\n" % (len(objects) + 1, len(objects))
    return bytes(body + b"startxref\n%d\n%%%%EOF\n" % start)
