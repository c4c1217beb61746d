def digest_picture(*a): return b""
