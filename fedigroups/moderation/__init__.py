"""What is decided about posts and people, each with a reason that reaches whom it concerns."""
