"""What `dev.py bench guard` asks, the replies that tell the answer, and harmless ones."""
