#!/usr/bin/env python
"""Django's command line."""

import os
import sys

from django.core.management import execute_from_command_line

from kernel.tenancy import as_node

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    with as_node("a command is the operator's own work"):
        execute_from_command_line(sys.argv)
