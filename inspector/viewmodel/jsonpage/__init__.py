"""The page *JSON*: a document laid out, folded, searched, as a tree, decoded and explained."""
