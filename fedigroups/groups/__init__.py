"""Group life: who may do what, what becomes of what arrives, and what is sent on."""
