"""The old version as a text of any language names it: paths, what stands in front of them, fields near
them."""
