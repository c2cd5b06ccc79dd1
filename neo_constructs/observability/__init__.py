"""Dashboards and alarms of jobs and fleets. Imports job, fleet, metrics and provider."""
