"""The local web page on which a counsellor reads and answers. It has keys and no network."""
