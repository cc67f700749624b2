"""The technologies of lines, and the steps that each is sold in."""

from kernel.text import Text, Vocabulary

FASTEST_MBPS = 400_000


class Technology(Vocabulary):
    """What a line is made with."""

    OTN = "otn", "OTN 专线", "OTN"
    FGOTN = "fgotn", "小颗粒 OTN（fgOTN/OSU）", "Fine-grain OTN (fgOTN, OSU)"
    SRV6 = "srv6", "SRv6 专线", "SRv6"
    CLOUD_PRIVATE = "cloud_private", "云专网", "Cloud private network"


STEPS: dict[Technology, tuple[int, int]] = {
    Technology.OTN: (1, FASTEST_MBPS),
    Technology.FGOTN: (10, 999),  # fgOTN is for circuits below 1 Gbps (SCHEME §7)
    Technology.SRV6: (1, FASTEST_MBPS),
    Technology.CLOUD_PRIVATE: (1, FASTEST_MBPS),
}
"""Technology → the least and the largest step in Mbps: up to 400 Gbps between centres."""


def why_no_step(technology: str, bandwidth_mbps: int) -> Text | None:
    """Why a technology is not sold in this step; None where it is."""
    kind = Technology(technology)
    least, largest = STEPS[kind]
    if least <= bandwidth_mbps <= largest:
        return None
    label = kind.label
    return Text(
        f"{label.zh} 的档位须在 {least} 至 {largest} Mbps 之间",
        f"{label.en} is sold in steps from {least} to {largest} Mbps",
    )
