"""Whether a value is likely, given the indicator's ranges, the district's own history, and its other values."""
