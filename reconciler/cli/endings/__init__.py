"""Stop jobs and delete their records: planned first, and only jobs of ours."""
