"""The programme's nouns and rules, pure: no clock, disk, network or chance."""
