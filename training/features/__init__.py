"""Feature extractors: bars as numbers between which distances are measured."""
