"""System C: lines and tariffs, network, joint selection of compute and line, holds, dispatch."""
