"""How do readers see it? Segments and the page are made as bytes, `deliver` writes them into the folder."""
