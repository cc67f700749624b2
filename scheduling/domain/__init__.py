"""Pure rules of scheduling: the selection engine and its supply, demands and answers."""
