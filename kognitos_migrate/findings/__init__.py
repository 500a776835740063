"""Plans, refusals and half-migrated places as findings, with places, traces and notes. Decides nothing."""
