"""From YAML to checked, frozen rules, with all errors of a file at once. Knows no library and no API."""
