"""What every custom resource needs: events, answers, the fence, logs and metrics."""
