"""The command `./dev`: private PostgreSQL and Redis, the processes of a node, and the checks of a change."""
