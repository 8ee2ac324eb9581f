"""Feature extractors: bars in, numbers that distances are measured in out."""
