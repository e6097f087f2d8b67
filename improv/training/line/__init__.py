"""Train the cell of the grammar "line"."""
