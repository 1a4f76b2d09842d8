"""How files are opened, appear, say whether they are whole, and are locked."""
