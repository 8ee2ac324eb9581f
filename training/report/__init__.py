"""Reports of experiments: sentences, tables and plots, written as HTML and as Markdown."""
