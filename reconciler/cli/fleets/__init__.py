"""How the jobs of a fleet are now, for ``neoctl status``, ``wait``, ``logs``, ``artifacts``."""
