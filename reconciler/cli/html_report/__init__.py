"""A fleet's report as one HTML page, which needs no network and trusts nothing that it shows."""
