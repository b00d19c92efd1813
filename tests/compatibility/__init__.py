"""What earlier releases left behind goes on, and they and this code talk to each other."""
