"""The grammar of one-message reports: text in; values read, asked about or refused out."""
