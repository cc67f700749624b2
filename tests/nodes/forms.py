"""A filled application, complete by every rule; the names and codes are invented."""

from typing import Any

from nodes.domain.applications import blank_content


def filled(**changed: Any) -> dict[str, Any]:
    """The members of a complete form for a region, with some replaced."""
    words = ("policy", "basis", "plan", "application", "safeguards")
    return {
        **blank_content(),
        "applicant": "示例省",
        "applicant_unit": "示例省通信管理局、示例省工业和信息化厅",
        "lead": {"name": "示例算力运营有限公司", "address": "示例市一号", "code": "91110000600037341L"},
        "joint": [{"name": "示例研究院", "address": "示例市二号", "code": "D2143569-X"}],
        "contact": {
            "name": "张三",
            "sex": "female",
            "post": "处长",
            "phone": "025-12345678",
            "email": "zhang@example.org",
        },
        "statements": {word: f"第一段 {word}\n第二段" for word in words},
        "builder": {
            "name": "示例建设公司",
            "registered_capital_fen": 5_000_000_000,
            "sustained_funding": True,
        },
        "operator": {
            "name": "示例运营公司",
            "public_institution": False,
            "telecom_licence": "B1-2026-1",
            "site": True,
            "equipment": True,
            "staff": True,
            "clean_record": True,
        },
        **changed,
    }
