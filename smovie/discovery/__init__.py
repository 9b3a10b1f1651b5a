"""What to watch next: titles like another, banners, the rails of the home page. Answered from memory (DESIGN.md 5)."""
