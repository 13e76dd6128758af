"""What single peers do against the rules, and how it is read all the same: one module for each."""
