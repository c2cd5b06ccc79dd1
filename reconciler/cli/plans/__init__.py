"""Plans as documents: made, kept in files, shown and approved."""
