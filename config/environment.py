"""Settings read from the environment; a missing one says its name, `X_FILE` reads a mounted secret."""

import os
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from psycopg.conninfo import conninfo_to_dict


def text(name: str, default: str | None = None) -> str:
    """The variable, or what stands in the file that `<name>_FILE` names, or the default."""
    if path := os.environ.get(f"{name}_FILE"):
        return Path(path).read_text(encoding="utf-8").strip()
    value = os.environ.get(name, default)
    if value is None:
        raise ImproperlyConfigured(f"set {name} in the environment (./dev does it for you)")
    return value


def flag(name: str, *, default: bool = False) -> bool:
    """True for 1, true, yes; False for 0, false, no. Raises ImproperlyConfigured for anything else."""
    value = os.environ.get(name, "1" if default else "0").lower()
    if value not in {"1", "true", "yes", "0", "false", "no"}:
        raise ImproperlyConfigured(f"{name} is {value!r}: say 1 or 0")
    return value in {"1", "true", "yes"}


def words(name: str, default: str) -> list[str]:
    """A list separated by commas."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def networks(name: str) -> list[IPv4Network | IPv6Network]:
    """IP networks separated by commas, none where absent. Raises ImproperlyConfigured for what is no network."""
    try:
        return [ip_network(word) for word in words(name, "")]
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}: {error}; say 198.18.0.0/15,2001:db8::/32") from error


@dataclass(frozen=True)
class MailServer:
    """Where mail goes, in Django's words."""

    backend: str
    host: str = ""
    port: int = 0
    user: str = ""
    password: str = ""
    starttls: bool = False
    tls: bool = False
    folder: str = ""


MAIL_PORTS = {"smtp": 25, "submission": 587, "smtps": 465}


def mail(url: str) -> MailServer:
    """A mail server: `submission://user:password@host:587` (STARTTLS), `smtps://…`, `smtp://…` (plain), `console:`, `file:///folder`.

    Raises ImproperlyConfigured for anything else.
    """
    parts = urlsplit(url)
    if parts.scheme == "console":
        return MailServer("django.core.mail.backends.console.EmailBackend")
    if parts.scheme == "file" and parts.path:
        return MailServer("django.core.mail.backends.filebased.EmailBackend", folder=parts.path)
    if parts.scheme not in MAIL_PORTS or not parts.hostname:
        raise ImproperlyConfigured(
            "EMAIL_URL: say submission://user:password@host, smtps://…, smtp://host, file:///folder or console:"
        )
    return MailServer(
        "django.core.mail.backends.smtp.EmailBackend",
        host=parts.hostname,
        port=parts.port or MAIL_PORTS[parts.scheme],
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        starttls=parts.scheme == "submission",
        tls=parts.scheme == "smtps",
    )


def oidc_providers() -> list[dict[str, Any]]:
    """OpenID Connect providers: `OIDC_PROVIDERS=work` and `OIDC_WORK_URL`, `…_NAME`, `…_CLIENT_ID`, `…_SECRET` for each."""
    return [
        {
            "provider_id": each,
            "name": text(f"OIDC_{each.upper()}_NAME", each),
            "client_id": text(f"OIDC_{each.upper()}_CLIENT_ID"),
            "secret": text(f"OIDC_{each.upper()}_SECRET"),
            "settings": {"server_url": text(f"OIDC_{each.upper()}_URL"), "oauth_pkce_enabled": True},
        }
        for each in words("OIDC_PROVIDERS", "")
    ]


def database(url: str) -> dict[str, Any]:
    """A libpq connection URL as Django's database settings."""
    parts = {key: str(value) for key, value in conninfo_to_dict(url).items()}
    return {
        "ENGINE": "kernel.database",
        "NAME": parts.pop("dbname"),
        "USER": parts.pop("user", ""),
        "PASSWORD": parts.pop("password", ""),
        "HOST": parts.pop("host", ""),
        "PORT": parts.pop("port", ""),
        "OPTIONS": {
            **parts,
            # of kernel.questions, whatever else is asked is not kept; and what is kept is planned once, also where it
            # is given lists, for which PostgreSQL by itself plans anew each time
            "prepare_threshold": 1,
            "options": f"{parts.get('options', '')} -c plan_cache_mode=force_generic_plan".strip(),
        },
        "ATOMIC_REQUESTS": True,
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
    }
