"""What this machine has of what a node needs, and what to do about the rest."""

import os
import platform
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import psycopg

from config.embedded import postgresql, redis
from config.embedded.addresses import named_by_user
from config.embedded.nodes import HOST, NATIONAL, REGIONAL
from config.embedded.place import EmbeddedError, place_of
from config.embedded.stack import RUN
from kernel.row_security import PASSES

SECONDS_TO_WAIT = 5
LEAST_FREE_BYTES = 2 * 2**30  # the environment, a cluster, its log and room to work


def main(_words: Sequence[str]) -> int:
    """检查运行条件。Look at Python, services, ports and disk, and say what is missing."""
    looks: tuple[Callable[[], str], ...] = (_python, _postgresql, _redis, _ports, _disk, _account)
    good = True
    for look in looks:
        try:
            print(f"ok   {look()}")
        except EmbeddedError as trouble:
            good = False
            print(f"FAIL {trouble}")
    return 0 if good else 1


def _python() -> str:
    return f"Python {platform.python_version()} on {platform.system()} {platform.machine()}, {os.cpu_count()} CPU: {sys.executable}"


def _postgresql() -> str:
    if url := named_by_user(os.environ).get("DATABASE_URL"):
        return _server(url)
    programs = postgresql.find_programs()
    return f"{_first_line(programs.prefix / 'bin/postgres')}: {programs.prefix}"


def _server(url: str) -> str:
    """Whether the user's own server answers, and row-level security binds the role that serves."""
    try:
        with psycopg.connect(url, connect_timeout=SECONDS_TO_WAIT) as connection:
            mighty = connection.execute(PASSES.encode()).fetchone()
    except psycopg.OperationalError as error:
        raise EmbeddedError(
            f"DATABASE_URL is not reached: {error}. Start the server or correct the URL. "
            "无法连接 DATABASE_URL：请启动服务器或更正地址。"
        ) from error
    if mighty:
        raise EmbeddedError(
            f"The role {mighty[0]} of DATABASE_URL is a superuser or has BYPASSRLS, so no tenant is kept from another: "
            f"ALTER ROLE {mighty[0]} NOSUPERUSER NOBYPASSRLS, or serve as node_app of config/embedded/roles.sql. "
            f"DATABASE_URL 的角色 {mighty[0]} 为超级用户或具有 BYPASSRLS，租户之间将不再隔离：请撤销该权限，或改用 node_app。"
        )
    return "PostgreSQL: your server, from DATABASE_URL; its role is bound by row-level security. 使用您指定的服务器，其角色受行级安全约束"


def _redis() -> str:
    if "REDIS_URL" in named_by_user(os.environ):
        return "Redis: your server, from REDIS_URL. 使用您指定的服务器"
    program = redis.find_program()
    words = _first_line(program.executable).partition(" sha=")[0]
    if program.package is None:
        return f"{words}: {program.executable}"
    return (
        f"{words}, bundled: for development, demo and tests, not for production; there set REDIS_URL and CACHE_URL to "
        "maintained servers. 随附的 Redis 6.2 仅用于开发、演示和测试，不可用于生产；生产环境请设置 REDIS_URL 与 CACHE_URL"
    )


def _ports() -> str:
    taken = []
    for spec in (REGIONAL, NATIONAL):
        with socket.socket() as probe:
            if probe.connect_ex((HOST, spec.port)) == 0:
                taken.append(str(spec.port))
    if taken:
        return f"Port {', '.join(taken)} is taken: a free one will be used. 端口已占用，将改用空闲端口"
    return f"Ports {REGIONAL.port} and {NATIONAL.port} are free on {HOST}. 端口空闲"


def _disk() -> str:
    folder = place_of(RUN).home
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if free < LEAST_FREE_BYTES:
        raise EmbeddedError(
            f"{folder} has {free / 2**30:.1f} GiB free, 2 GiB are needed: make room or set CIN_RUN. "
            "磁盘空间不足 2 GiB：请清理，或设置 CIN_RUN。"
        )
    return f"{free / 2**30:.1f} GiB free at {folder}. 磁盘空间充足"


def _account() -> str:
    account = place_of(RUN).account
    return f"Services run as {account.pw_name if account else 'you'}. 服务运行账户"


def _first_line(executable: Path) -> str:
    return subprocess.run(  # noqa: S603
        [executable, "--version"], capture_output=True, text=True, check=False
    ).stdout.partition("\n")[0]
