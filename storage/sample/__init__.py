"""The sample programme that comes with the software."""
