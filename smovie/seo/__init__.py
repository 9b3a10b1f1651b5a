"""What search engines are told: sitemaps, robots.txt, and structured data of the titles (schema.org)."""
