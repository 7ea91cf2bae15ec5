"""The evidence report: collected once, then written as HTML or Markdown."""
