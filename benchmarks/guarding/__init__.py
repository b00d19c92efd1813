"""What `dev.py bench guard` asks with: steps, ways of asking, replies that tell, and harmless ones."""
