"""What runs in a job's own process: from the job's folder to its artifact."""
