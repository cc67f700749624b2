"""The corpus of S16: URLs by which somebody could make a node knock inside, by rule and by hand."""

import re
from collections.abc import Iterator
from ipaddress import IPv4Address
from pathlib import Path

INNER = {
    "loopback": "127.0.0.1",
    "loopback's far end": "127.255.255.254",
    "private 10": "10.0.0.1",
    "private 172": "172.31.255.1",
    "private 192": "192.168.0.1",
    "link-local": "169.254.1.1",
    "metadata of many clouds": "169.254.169.254",
    "metadata of Tencent Cloud": "169.254.0.23",
    "metadata of Alibaba Cloud": "100.100.100.200",
    "metadata of Oracle Cloud": "192.0.0.192",
    "inner service of Azure": "168.63.129.16",
    "carrier-grade NAT": "100.64.0.1",
    "this host": "0.0.0.0",  # noqa: S104 - to be refused
    "this network": "0.1.2.3",
    "benchmarks": "198.18.0.1",
    "documentation": "203.0.113.7",
    "multicast": "224.0.0.251",
    "reserved": "240.0.0.1",
    "broadcast": "255.255.255.255",
}


def forms(address: str) -> Iterator[str]:
    """The ways to write one IPv4 address as the host of a URL that some reader or other understands."""
    one, two, three, four = (int(part) for part in address.split("."))
    number = int(IPv4Address(address))
    high, low = f"{number >> 16:x}", f"{number & 0xFFFF:x}"
    yield address
    yield f"{address}."
    yield str(number)
    yield f"0x{number:08x}"
    yield f"0{number:o}"
    yield f"{one:#x}.{two:#x}.{three:#x}.{four:#x}"
    yield f"0{one:o}.0{two:o}.0{three:o}.0{four:o}"
    yield f"{one:04o}.{two}.{three}.{four}"
    yield f"{one}.{number & 0xFFFFFF}"
    yield f"{one}.{two}.{number & 0xFFFF}"
    yield f"0x{one:x}.{two}.0{three:o}.{four}"
    yield f"{one + 256}.{two}.{three}.{four}"
    yield address.replace(".", "。")
    yield "".join(chr(ord(each) + 0xFEE0) if each.isdigit() else each for each in address)
    yield "".join("⓪①②③④⑤⑥⑦⑧⑨"[int(each)] if each.isdigit() else each for each in address)
    yield address.replace(".", "%2e")
    yield f"[::ffff:{address}]"
    yield f"[::ffff:{high}:{low}]"
    yield f"[::{address}]"
    yield f"[64:ff9b::{address}]"
    yield f"[64:ff9b:1::{high}:{low}]"
    yield f"[2002:{high}:{low}::1]"
    yield (
        f"[2001:0:5ef5:79fb::{number ^ 0xFFFFFFFF:x}]"
        if number ^ 0xFFFFFFFF < 2**16
        else (f"[2001:0:5ef5:79fb:0:0:{(number ^ 0xFFFFFFFF) >> 16:x}:{(number ^ 0xFFFFFFFF) & 0xFFFF:x}]")
    )
    yield f"[2400:3200::5efe:{high}:{low}]"
    yield f"[::ffff:0:{address}]"


def by_rule(port: int) -> Iterator[str]:
    """Every inner address in every form, at a port where somebody listens."""
    for address in INNER.values():
        for host in forms(address):
            yield f"https://{host}:{port}/x"


def by_hand(port: int) -> Iterator[str]:
    """The lines of inward.txt, where PORT stands for that port, \\xNN and \\uNNNN for what no editor shows."""
    for line in (Path(__file__).parent / "inward.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            shown = line.replace("PORT", str(port))
            yield re.sub(
                r"\\x([0-9a-f]{2})|\\u([0-9a-f]{4})", lambda found: chr(int(found[1] or found[2], 16)), shown
            )


# names whose addresses are inside, whole or in part; the node asks them and must not believe them
NAMES: dict[str, list[list[str]]] = {
    **{f"rule-{number}.example.com": [[address]] for number, address in enumerate(INNER.values())},
    "mixed.example.com": [["93.184.215.14", "10.0.0.1"]],
    "mixed-last.example.com": [["10.0.0.1", "93.184.215.14"]],
    "six.example.com": [["::1"]],
    "mapped.example.com": [["::ffff:127.0.0.1"]],
    "unique-local.example.com": [["fd00:ec2::254"]],
    "link-local.example.com": [["fe80::1"]],
    "nat64.example.com": [["64:ff9b::7f00:1"]],
    "sixtofour.example.com": [["2002:7f00:1::1"]],
    "teredo.example.com": [["2001:0:5ef5:79fb:0:59a:80ff:fffe"]],
    "unspecified.example.com": [["::"]],
    "good-and-six.example.com": [["93.184.215.14", "::1"]],
    "127.0.0.1.nip.example.com": [["127.0.0.1"]],
    "xn--fiq228c.example.com": [["127.0.0.1"]],
    "nothing.example.com": [[]],
}
