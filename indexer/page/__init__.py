"""How do readers see it? Segments and the page are made as bytes, `writer` puts them into the folder."""
