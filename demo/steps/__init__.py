"""The thirteen steps of the main job, in their order; one module for each."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from demo.world import World

NAMES = (
    ("attach", "接入国家节点 Attach to the national node"),
    ("register", "主体注册与认证 Register and certify the parties"),
    ("supply", "登记算力中心、资源池与报价 Register centres, pools and offers"),
    ("identify", "标识申请、签发与备案 Apply for, issue and file identifiers"),
    ("lines", "专线开通能力入网 Open lines"),
    ("heartbeat", "资源上报与失联 Report inventory, fall silent"),
    ("select", "联合选择算力与专线 Select compute and line together"),
    ("order", "下单、开通与调度 Order, open the line, dispatch"),
    ("settle", "计量、算力券与结算 Meter, voucher, settle"),
    ("monitor", "四类监测数据与告警 Watch the market run"),
    ("scan", "漏洞扫描与处置 Import a scan, close a finding"),
    ("report", "向国家节点上报 Report to the national node"),
    ("instruct", "监管指令 Instruct, rectify, lift"),
)


@dataclass(frozen=True)
class Step:
    """One step: its name, its title, and what it does; `run` is None where it is not built."""

    name: str
    title: str
    run: Callable[[Any], str] | None


def steps() -> list[Step]:
    """All steps in order."""
    return [Step(name, title, _run_of(name)) for name, title in NAMES]


def _run_of(name: str) -> Callable[[World], str] | None:
    module = f"{__name__}.{name}"
    if find_spec(module) is None:
        return None
    run: Callable[[World], str] = import_module(module).run
    return run
