"""One file that holds a whole instance: made while it runs, proven, and brought back."""
