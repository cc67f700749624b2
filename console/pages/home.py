"""The home page: what this node is, whether it is ready, and where to go."""

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from console.pages.frame import Page, page
from kernel.api.health import readiness
from kernel.systems import System, runs_here
from kernel.text import Text

WORDS = {
    "about": Text(
        "国家算力互联互通体系（1+M+N）中的一个节点：算力资源在此汇聚、标识、选择、交易与监测。",
        "One node of China's national compute interconnection system (1+M+N): here compute is gathered, identified, "
        "chosen together with its line, traded and watched.",
    ),
    "node_code": Text("节点代码", "Node code"),
    "node_role": Text("节点类型", "Role"),
    "version_name": Text("软件版本", "Version"),
    "readiness": Text("运行状态", "Readiness"),
    "ready": Text("就绪", "Ready"),
    "not_ready": Text("未就绪", "Not ready"),
    "fine": Text("正常", "In order"),
    "systems": Text("本节点运行的系统", "Systems that run here"),
    "elsewhere": Text("不在本节点运行", "not on this node"),
    "documents": Text("入口", "Where to go"),
}
CHECKS = {
    "postgresql": Text("数据库", "Database"),
    "redis": Text("缓存与队列", "Cache and queue"),
    "migrations": Text("数据库结构", "Database schema"),
    "row_security": Text("租户隔离", "Separation of tenants"),
    "outbox": Text("事件转发", "Event relay"),
}
# (address, system it needs, name, what one finds there)
LINKS: list[tuple[str, System | None, Text, Text]] = [
    (
        "page-catalogue",
        System.AGGREGATION,
        Text("算力目录", "Catalogue"),
        Text("现在可以购买的算力与价格", "compute that can be bought now, and its prices"),
    ),
    (
        "page-identifiers",
        System.IDENTIFIERS,
        Text("标识查询", "Identifier lookup"),
        Text("由算力标识查到资源与备案", "from a code to its resource and its filing"),
    ),
    (
        "docs",
        None,
        Text("接口文档", "API document"),
        Text("全部接口，可在页面上试用", "every operation, to be tried on the page"),
    ),
    (
        "openapi",
        None,
        Text("接口描述文件 OpenAPI", "OpenAPI description"),
        Text("供程序读取的接口描述", "the same for programs"),
    ),
    (
        "problems",
        None,
        Text("错误代码", "Error codes"),
        Text("全部错误代码、含义与处理办法（JSON）", "every error code, its meaning and the way out (JSON)"),
    ),
]


@page()
def home(_request: HttpRequest) -> Page:
    """Show the node; where it is not ready, say what is not."""
    checks = readiness()
    facts = {
        "ready": all(said == "ok" for said in checks.values()),
        "checks": [(CHECKS[name], said) for name, said in checks.items()],
        "systems": [(system, runs_here(system)) for system in System],
        "links": [
            (reverse(name), word, finds)
            for name, system, word, finds in LINKS
            if system is None or runs_here(system)
        ],
        "release": settings.VERSION,
    }
    return Page("home", title=Text("首页", "Home"), words=WORDS, facts=facts)
