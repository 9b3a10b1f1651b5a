"""The catalogue: what is shown of it, served from memory (DESIGN.md 5)."""
