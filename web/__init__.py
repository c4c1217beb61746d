"""HTTP: webhooks, the simulator page, health."""
