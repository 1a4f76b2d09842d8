"""What a command says while it works and when it ends, and what its record says of the machine and the program."""
