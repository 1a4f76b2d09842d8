"""What is checked and measured before a long run: the self-check, the speed of input and model, and overfitting."""
