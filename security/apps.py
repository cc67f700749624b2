"""The security floor as a Django app."""

from kernel.apps import FloorConfig


class SecurityConfig(FloorConfig):
    name = "security"
    verbose_name = "安全保障 security"
