"""Contests: the same questions to a peer and to us, in turns by the round, every answer compared with a slow exact one."""
