"""What must hold: invariants of the whole world, and what one client may do and when."""
