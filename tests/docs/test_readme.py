"""Runs the examples of both READMEs as a newcomer would, against a real server on which the demo's supply is on sale."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from demo.credentials import credentials_file
from marketplace.domain.orders import OrderState
from marketplace.models import Order

ROOT = Path(__file__).resolve().parents[2]
LANGUAGES = {"README.md": "en", "README.zh-CN.md": "zh-hans"}
BLOCK = re.compile(r"^```(sh|python|json) (example|answer)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SECONDS = 180  # of a busy machine


def blocks(readme: str, kind: str) -> list[str]:
    """The marked blocks of one kind, in their order."""
    text = (ROOT / readme).read_text(encoding="utf-8")
    return [found[3] for found in BLOCK.finditer(text) if found[1] == kind]


NO_WAY_OUT = {
    "NO_PROXY": "",
    "http_proxy": "http://127.0.0.1:9",
}  # a company's proxy, which knows no loopback


def needs(*tools: str) -> pytest.MarkDecorator:
    """Skips where a tool that the examples are written for is absent."""
    absent = not all(map(shutil.which, tools))
    return pytest.mark.skipif(absent, reason=f"the examples are written for {' and '.join(tools)}")


def run(folder: Path, script: str, *words: str, **more: str) -> str:
    """What a shell prints in the folder; it stops at the first command that fails."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(  # noqa: S603 - the examples of this repository
        ["/bin/sh", "-euc", script, "sh", *words],
        cwd=folder,
        env={"PATH": path, "HOME": str(folder), "PYTHONUTF8": "1", "NO_PROXY": "*"} | more,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    return done.stdout


def documents(printed: str) -> list[Any]:
    """The JSON documents among what was printed, in their order."""
    decoder, found = json.JSONDecoder(), []
    while "{" in printed:
        document, end = decoder.raw_decode(printed := printed[printed.index("{") :])
        found.append(document)
        printed = printed[end:]
    return found


@pytest.mark.slow
@needs("curl")
@pytest.mark.django_db(transaction=True)
def test_a_newcomer_can_copy_every_example_of_both_readmes(newcomer: Path) -> None:
    for readme in LANGUAGES:
        printed = run(newcomer, "\n".join(blocks(readme, "sh")), **NO_WAY_OUT)
        root, me, catalogue, selected, order, resolved, refused = documents(printed)
        assert root["links"]["orders"].endswith("/api/v1/orders")
        assert [role["code"] for role in me["roles"]] == ["compute_user"]
        assert {offer["kind"] for offer in catalogue["items"]} == {"intelligent"}
        assert {miss["verdict"] for miss in selected["near_misses"]} == {"inconclusive", "impossible"}
        assert printed.count("accepted\n") == 2
        assert order["state"] == OrderState.OPENING
        assert (order["steps"][0]["act"], order["steps"][-1]["act"]) == ("place", "open")
        assert order["facts"]["bundle"]["latency_us"] < 1000
        assert (resolved["state"], bool(resolved["filing"])) == ("active", True)
        assert like(refused) == like(json.loads(blocks(readme, "json")[0]))

        (newcomer / "order.py").write_text(blocks(readme, "python")[0], encoding="utf-8")
        printed = run(
            newcomer, '. .run/demo-*/credentials.env; exec "$@"', sys.executable, "order.py", **NO_WAY_OUT
        )
        *bundles, state = printed.splitlines()
        assert len(bundles) == len(selected["answer"]["bundles"])
        assert state == OrderState.OPENING
    assert Order.objects.filter(state=OrderState.OPENING).count() == 2 * len(LANGUAGES)


def like(problem: dict[str, Any]) -> list[Any]:
    """What stays the same in a problem document each time."""
    pointers = [error["pointer"] for error in problem["errors"]]
    return [*(problem[name] for name in ("type", "title", "status", "detail", "code")), pointers]


def test_both_readmes_hold_the_same_commands() -> None:
    english, chinese = ((ROOT / readme).read_text(encoding="utf-8") for readme in LANGUAGES)
    fences = re.compile(r"^```(?:sh|python).*?^```$", re.MULTILINE | re.DOTALL)
    assert len(fences.findall(english)) > 6

    def commands(text: str) -> list[str]:
        spoken = re.sub(r"(Accept-Language\W+)(en|zh-hans)\b", r"\1*", text)
        return [re.sub(r" +#.*", "", block) for block in fences.findall(spoken)]

    assert commands(english) == commands(chinese)


def test_each_readme_asks_for_its_own_language() -> None:
    for readme, language in LANGUAGES.items():
        asked = re.findall(r"Accept-Language\W+([\w-]+)", (ROOT / readme).read_text(encoding="utf-8"))
        assert set(asked) == {language}


def test_only_its_owner_reads_the_file_of_keys_and_it_goes_with_the_demo(tmp_path: Path) -> None:
    with credentials_file(tmp_path, {"node": "http://127.0.0.1:1", "compute-jia": "a'b $c"}) as file:
        assert file.stat().st_mode & 0o777 == 0o600
        assert run(tmp_path, f'. {file}; printf %s "$COMPUTE_JIA"') == "a'b $c"
    assert not file.exists()
