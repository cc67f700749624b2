"""The selection engine: what meets a demand, the lines to it, how bundles rank, and why others do not."""
