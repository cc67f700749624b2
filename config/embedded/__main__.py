"""The command table of `./dev`."""

import os
import sys
from collections.abc import Callable, Collection, Sequence

from config.embedded import checks, doctor
from config.embedded.nodes import REGIONAL, Node, ask_ready, prepare
from config.embedded.place import EmbeddedError
from config.embedded.process import end, follow, is_alive, unwinding_on_signals
from config.embedded.stack import ROOT, SECONDS_TO_STOP, Stack, private_stack

# Commands of manage.py that change the schema or empty tables, which only the database's owner may.
OWNER_COMMANDS = ("migrate", "makemigrations", "flush")
NOT_RUNNING = 3  # exit status of `status`, as init scripts have it (LSB 5.0, 20.2)


def up(_words: Sequence[str]) -> int:
    """在后台启动服务和一个区域节点。Start the services and one regional node in the background."""
    with Stack() as stack:
        node = Node(REGIONAL, stack)
        ours = {
            name: each for name, each in stack.state.processes().items() if name.startswith(node.spec.code)
        }
        # Another's node may answer at the port that ours would take.
        if not (any(map(is_alive, ours.values())) and ask_ready(node.url).ready):
            end(ours.values(), grace=SECONDS_TO_STOP)
            prepare([node], stack)
            try:
                node.start()
                node.wait()
            except BaseException:
                node.stop()
                raise
            stack.keep()
    print(f"{node.spec.name}\n{node.url}/api/v1/docs\nStop it with ./dev stop. 用 ./dev stop 停止。")
    return 0


def stop(_words: Sequence[str]) -> int:
    """停止服务与节点，保留数据。Stop what `up` started; data stay."""
    stack = Stack()
    print(
        "Stopped. 已停止。" if stack.stop() else "No node of `up` was running. 没有由 up 启动的节点在运行。"
    )
    _say_private(stack)
    return 0


def status(_words: Sequence[str]) -> int:
    """查看运行状态。Say what runs."""
    stack = Stack()
    processes = stack.state.processes()
    for name, process in processes.items():
        print(f"{name:16} {'running 运行中' if is_alive(process) else 'ended 已退出'} (pid {process.pid})")
    for url in stack.place.run.glob("*/url"):
        if any(name.startswith(url.parent.name) for name in processes):
            answer = ask_ready(url.read_text())
            print(
                f"{url.parent.name:16} {'ready 就绪' if answer.ready else 'not ready 未就绪'} {url.read_text()}"
            )
    if not processes:
        print("No node of `up` is running. 没有由 up 启动的节点在运行。")
    _say_private(stack)
    return 0 if processes else NOT_RUNNING


def _say_private(stack: Stack) -> None:
    """Name what runs on services of its own, such as a demo that is served, and ends where it was started."""
    for name in stack.private():
        pid = name.rpartition("-")[2]
        print(
            f"{name} runs on its own: Ctrl-C there, or kill {pid}. 该命令独立运行：在其终端按 Ctrl-C，或 kill {pid}。"
        )


def reset(_words: Sequence[str]) -> int:
    """停止并清除全部数据。Stop everything and remove all data, leaving nothing behind."""
    Stack().reset()
    print("Removed all data, sockets and logs. 已清除全部数据、套接字和日志。")
    return 0


def manage(words: Sequence[str]) -> int:
    """运行 manage.py 命令。Run a command of manage.py, with the services that it needs."""
    as_owner = bool(words) and words[0] in OWNER_COMMANDS
    with Stack() as stack:
        node = Node(REGIONAL, stack)
        if stack.new and not as_owner:
            node.migrate()
        return follow(
            [sys.executable, "manage.py", *words], env=node.environment(as_owner=as_owner), cwd=ROOT
        )


def test(words: Sequence[str]) -> int:
    """运行测试，可附加 pytest 参数。Run the tests, all of them or what pytest's own words select."""
    with private_stack("test", durable=False) as stack:
        node = Node(REGIONAL, stack)
        if stack.new:  # of a real server nothing is touched but the databases that the tests make themselves
            prepare([node], stack)
        return follow(
            [sys.executable, "-m", "pytest", *(words or ["-n", "3"])],
            env=node.environment(as_owner=True) | {"CIN_MIGRATED": "1" if stack.new else "0"},
            cwd=ROOT,
            record=lambda process: stack.record("pytest", process),
        )


def check(words: Sequence[str]) -> int:
    """运行全部检查。Run everything a change must pass (--no-test: all but the tests)."""
    untested = list(words) == ["--no-test"]
    with private_stack("check", durable=False) as stack:
        good = checks.run(Node(REGIONAL, stack).environment(as_owner=True), ROOT)
    if not untested:
        good &= test([]) == 0
    if (ROOT / "tests/attacks").is_dir():
        good &= attack(["all"]) == 0
    return 0 if good else 1


def demo(words: Sequence[str]) -> int:
    """用两个真实节点演示主流程。Run the main job against two real nodes."""
    os.execv(sys.executable, [sys.executable, "-m", "demo", *words])  # noqa: S606 - no shell on purpose


def attack(words: Sequence[str]) -> int:
    """运行攻击测试，默认规模即合并请求所需。Run the attack NAME of tests/attacks, or all that a pull request must stand: at its size, unless options say more."""
    return _exercise("attacks", words, besides=NIGHTLY)


def bench(words: Sequence[str]) -> int:
    """运行性能测量。Run the measurement NAME of tests/bench, or all."""
    return _exercise("bench", words)


def _exercise(folder: str, words: Sequence[str], besides: Collection[str] = ()) -> int:
    """Run modules of tests/`folder` one after the other, all but some where all are asked for; 0 when each succeeded."""
    known = sorted(path.stem for path in (ROOT / "tests" / folder).glob("[!_]*.py"))
    name, *rest = words or [""]
    if not known or (name != "all" and name not in known):
        print(f"Which one? 请指定：{' '.join(['all', *known])}", file=sys.stderr)
        return 2
    wanted = [each for each in known if each not in besides] if name == "all" else [name]
    results = [_alone(folder, each, rest) for each in wanted]
    return max(results, default=0)


def _alone(folder: str, name: str, words: Sequence[str]) -> int:
    """Run one module on services and a database of its own: what another has left there is not its concern."""
    with private_stack(folder, durable=True) as stack:
        node = Node(REGIONAL, stack)
        prepare([node], stack)
        command = [sys.executable, "-m", f"tests.{folder}.{name}", *words]
        return follow(command, env=node.environment(), cwd=ROOT)


# Attacks of minutes, which not every change has to wait for.
NIGHTLY = {"two_regions", "partitions", "plants"}
COMMANDS: dict[str, Callable[[Sequence[str]], int]] = {
    "up": up,
    "stop": stop,
    "status": status,
    "doctor": doctor.main,
    "reset": reset,
    "manage": manage,
    "test": test,
    "check": check,
    "demo": demo,
    "attack": attack,
    "bench": bench,
}


def main(words: Sequence[str]) -> int:
    """Run the command that `words` name; its exit status."""
    if not words or words[0] not in COMMANDS:
        asked = words[:1] in ([], ["help"], ["-h"], ["--help"])
        lines = [
            f"  {name:8} {(command.__doc__ or '').splitlines()[0]}" for name, command in COMMANDS.items()
        ]
        print("./dev COMMAND\n" + "\n".join(lines), file=sys.stdout if asked else sys.stderr)
        return 0 if asked else 2
    try:
        with unwinding_on_signals():
            return COMMANDS[words[0]](words[1:])
    except EmbeddedError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
