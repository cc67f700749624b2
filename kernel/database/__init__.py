"""PostgreSQL as this house speaks to it (settings.DATABASES names this package as the engine)."""
