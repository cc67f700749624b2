"""Identifier lookup: from a code, in any spelling, to what it stands for."""

from typing import Any

from django.http import HttpRequest

from console.pages.frame import Page, page
from identifiers.errors import MalformedCode, UnknownCode
from identifiers.selectors.resolution import Resolution, resolve_text
from kernel.clock import SHANGHAI
from kernel.systems import System
from kernel.text import Text

WORDS = {
    "intro": Text(
        "输入算力标识即可查询，大小写、全角和易混字符（O 与 0、I、L 与 1）均可识别。",
        "Enter a compute identifier in any spelling: small letters, full-width forms and look-alikes (O for 0, "
        "I and L for 1) are understood.",
    ),
    "code": Text("算力标识", "Compute identifier"),
    "example": Text("形如 86.320000/0123456789ABC", "of the form 86.320000/0123456789ABC"),
    "look_up": Text("查询", "Look up"),
    "result": Text("查询结果", "Result"),
    "kind": Text("类型", "Kind"),
    "filing": Text("国家节点备案号", "Filing at the national node"),
    "not_filed": Text("尚未备案", "not filed yet"),
    "filed_at": Text("备案时间（北京时间）", "Filed at (Beijing time)"),
    "successors": Text("后继标识", "Goes on as"),
    "descriptor": Text("资源描述（第 {version} 版）", "Descriptor (version {version})"),
}
# What each state means for a reader; a code that was never issued has no state.
MEANINGS = {
    "issued": Text("已签发，尚未送国家节点备案。", "Issued, and not yet sent to the national node."),
    "filing": Text(
        "正在国家节点备案，备案完成前资源不得出售。",
        "Being filed at the national node; until that is done the resource cannot be sold.",
    ),
    "active": Text("已在国家节点备案，标识有效。", "Filed at the national node and in force."),
    "suspended": Text(
        "标识已暂停，暂停期间不得新售该资源。",
        "Suspended: meanwhile nothing new of this resource may be sold.",
    ),
    "retired": Text(
        "该资源已注销。标识永久保留，不再指向任何资源，也不会再分配给其他资源。",
        "The resource is gone. Its identifier stays for ever, stands for nothing, and is never given to another.",
    ),
}
# The attributes of identifiers/profiles/descriptors.yaml; another profile's show under their own names.
ATTRIBUTES = {
    "name": Text("名称", "Name"),
    "division": Text("行政区划代码", "Division code"),
    "design_racks": Text("设计机架数", "Design racks"),
    "compute_kind": Text("算力类型", "Kind of compute"),
    "accelerator": Text("加速卡", "Accelerator"),
    "cards": Text("加速卡数量", "Cards"),
    "capacity_full": Text("总容量", "Full capacity"),
    "capacity_unit": Text("容量单位", "Unit of capacity"),
    "from_division": Text("起点行政区划代码", "Division code at one end"),
    "to_division": Text("终点行政区划代码", "Division code at the other end"),
    "technology": Text("承载技术", "Technology"),
    "bandwidth_mbps": Text("带宽（Mbps）", "Bandwidth (Mbps)"),
    "category": Text("类别", "Category"),
    "marking": Text("标注", "Marking"),
}


@page(system=System.IDENTIFIERS)
def identifiers(request: HttpRequest) -> Page:
    """Show the form; for `?code=` also what it resolves to, or what is wrong with it."""
    asked = request.GET.get("code", "").strip()
    facts: dict[str, Any] = {"asked": asked}
    status = 200
    if asked:
        try:
            facts |= _shown(resolve_text(asked))
        except (MalformedCode, UnknownCode) as wrong:
            facts |= {"wrong": wrong.text}
            status = wrong.status
    title = Text("标识查询", "Identifier lookup")
    return Page("identifiers", title=title, words=WORDS, facts=facts, status=status)


def _shown(found: Resolution) -> dict[str, Any]:
    return {
        "found": found,
        "meaning": MEANINGS[found.state],
        "filed_at": f"{found.filed_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}" if found.filed_at else "",
        "descriptor": WORDS["descriptor"].format(version=found.descriptor_version),
        "attributes": [
            (ATTRIBUTES.get(name, Text(name, name)), value) for name, value in found.attributes.items()
        ],
    }
