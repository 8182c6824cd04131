"""Real NATS servers, real PostgreSQL, real processes."""
