"""What a server does on PostgreSQL, beside what the engine does by itself: `bench server`."""
