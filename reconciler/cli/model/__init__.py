"""What the verbs that read a model share: options, report, scaffold, check against specs."""
