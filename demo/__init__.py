"""The main job, walked through all six systems against two real nodes, each step by its own actor over HTTP."""
