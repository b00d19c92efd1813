"""The store that simulated nodes share, in memory."""
