"""`/robots.txt`: what crawlers may read, and where the sitemap is."""

from smovie.seo.site import Site

# Neither pages nor pictures: whoever indexed them would lead people to JSON, or to links that open once.
_CLOSED = ("/api/", "/admin/", "/media/", "/ws/")


def robots_txt(site: Site) -> str:
    """The file for this site."""
    closed = "".join(f"Disallow: {path}\n" for path in _CLOSED)
    return f"User-agent: *\n{closed}\nSitemap: {site.public_url}/sitemap.xml\n"
