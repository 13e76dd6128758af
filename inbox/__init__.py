"""What arrives: gated, verified, recorded durably, answered, then processed in order."""
