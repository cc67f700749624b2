"""HTTP as every floor speaks it: one order of questions, problems, pages, keys and versions."""
