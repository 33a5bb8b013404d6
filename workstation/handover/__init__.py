"""What leaves for the police, an insurer or a lawyer: a text, the consent to it, and a way to check both without us."""
