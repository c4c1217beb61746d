"""HTTP: webhooks of the providers, and the pages."""
