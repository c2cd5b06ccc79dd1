"""What Neo takes, as data: each row with its source and how well it is known."""
