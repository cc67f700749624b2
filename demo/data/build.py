"""Writes the derived files of the demo's world and prints what physics says: `python -m demo.data.build`."""

import csv
import json
from pathlib import Path
from typing import Any

from demo.data.network import MARKING, build_network, kilometres, read_places, verdicts
from demo.data.pdf import demo_document

HERE = Path(__file__).parent
DOCUMENT_NAMES = {
    "business_licence": "营业执照 Business licence",
    "authorisation": "经办人授权书 Authorisation of the agent",
    "telecom_licence_b11": "电信业务经营许可证 B11 Telecom licence, B11",
    "telecom_licence_basic": "基础电信业务经营许可证 Licence of a basic telecom carrier",
    "network_security_filing": "通信网络安全防护定级备案 Network security filing",
    "qualification_application": "转售调度资质申请 Application for the resale and dispatch qualification",
    "icp_filing": "ICP 备案 ICP filing",
    "ai_filing": "生成式人工智能服务备案 Generative AI service filing",
}


def load(name: str) -> Any:
    """The content of one JSON file of this folder."""
    return json.loads((HERE / name).read_text(encoding="utf-8"))


def derived_files() -> dict[str, bytes]:
    """Each derived file by its name in this folder, with the bytes it must have."""
    with (HERE / "places.csv").open(encoding="utf-8", newline="") as file:
        network = build_network(read_places(csv.DictReader(file)))
    files = {"network_jia.json": (json.dumps(network, ensure_ascii=False, indent=1) + "\n").encode()}
    for organisation in load("organisations.json")["organisations"]:
        for document in organisation["documents"]:
            lines = [
                DOCUMENT_NAMES[document["kind"]],
                f"{organisation['name']} {organisation['name_en']}",
                f"统一社会信用代码 {organisation['uscc']}",
                f"编号 {document['number']}",
                f"有效期至 {document['valid_until'] or '长期'}",
            ]
            files[document["file"]] = demo_document(MARKING, lines)
    return files


def main() -> None:
    """Write the derived files, then print each centre's bounds against the demo's demand."""
    for name, content in derived_files().items():
        path = HERE / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    demand = load("demand.json")["main"]
    measured = {e["span"]: e["value_us"] for e in load("latency_evidence.json")["evidence"]}
    for row in verdicts(load("network_jia.json"), measured, demand["from_site"], demand["max_latency_us"]):
        print(
            f"{row.centre:10} {kilometres(row.great_circle_m):>8} km  vacuum {row.vacuum_us:>5} µs"
            f"  silica {row.silica_us:>5} µs  best path {row.upper_us:>5} µs  {row.verdict}"
        )


if __name__ == "__main__":
    main()
