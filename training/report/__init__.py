"""Reports of experiments: one page model, written as HTML and as Markdown."""
