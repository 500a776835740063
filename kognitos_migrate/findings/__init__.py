"""Findings: plans, refusals and half-migrated uses with places, traces and notes. Decides nothing."""
