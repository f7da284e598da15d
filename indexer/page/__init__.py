"""How do readers see the items? Segments and the page are made as bytes; `writer` puts them into the folder."""
