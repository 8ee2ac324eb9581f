"""Data augmentation: strategies and the pipeline that applies them (paper, sections 4.2, 4.3)."""
