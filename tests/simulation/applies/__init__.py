"""Histories of neoctl apply: at once, killed, from stale and edited plans, beside a schedule."""
