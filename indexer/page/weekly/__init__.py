"""How is a week told? A digest as a file of the page, as a mail, in the feed and as plain text. Pure, but for `files`.

`telling` says what is told; `html`, `mail`, `feed` and `text` write it, `brief` is its short form; `marking` knows our files again.
"""
