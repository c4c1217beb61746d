"""Babel catalogues: one folder a language, compiled when the package is built or first used."""
