"""Pictures, drawn as SVG: measured words, small lines, and the bands of the digest."""
