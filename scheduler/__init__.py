"""When things happen: jobs as plain functions of (db, now), one table, and the clock that ticks them."""
