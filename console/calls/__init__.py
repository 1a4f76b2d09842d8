"""What a command says of a call: its help and examples, and what is wrong with the paths and settings given."""
