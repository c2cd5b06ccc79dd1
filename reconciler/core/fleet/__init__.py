"""What a fleet keeps in S3: its generation and lease, its manifest, what it knows of its jobs."""
