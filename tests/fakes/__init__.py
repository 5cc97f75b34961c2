"""Stand-ins for the outside world that speak its real protocols on loopback."""

PATIENCE = 30.0  # seconds that a test waits for what must come: a busy machine is slow, and a fast one never waits
