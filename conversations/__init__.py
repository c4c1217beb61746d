"""What is asked and how replies are read, pure: a session and a reply in, words and events out."""
