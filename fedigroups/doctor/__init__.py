"""What goes wrong in practice where an instance runs, looked at from inside and from outside."""
