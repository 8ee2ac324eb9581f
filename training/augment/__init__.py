"""Bars made of bars: strategies, and the pipeline that applies them (paper, sections 4.2 and 4.3)."""
