#!/usr/bin/env python
"""Django's command line."""

import os
import sys
from importlib import import_module

from django.conf import settings
from django.core.management import execute_from_command_line

from kernel.tenancy import as_node

# Commands on files alone: anybody may run them, without a node, its settings or its database, and they start at once.
ON_FILES = {"select": "scheduling.management.commands.select"}

if __name__ == "__main__":
    if sys.argv[1:] and sys.argv[1] in ON_FILES:
        settings.configure()
        import_module(ON_FILES[sys.argv[1]]).Command().run_from_argv(sys.argv)
    else:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        with as_node("a command is the operator's own work"):
            execute_from_command_line(sys.argv)
