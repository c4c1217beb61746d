"""Talks to people: settings, channels, words in their language, turns and the outbox."""
