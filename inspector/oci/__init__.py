"""The specification's nouns as pure values: no I/O."""
