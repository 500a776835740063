"""What a program does with the replies: read, compared, decoded, handed on; each edited, or refused."""
