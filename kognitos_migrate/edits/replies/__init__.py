"""The uses of replies: reads, comparisons, decodings and escapes, each edited or refused."""
