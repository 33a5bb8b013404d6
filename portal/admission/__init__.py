"""Admission: who may post, by a ticket that was earned or by the courier's credential. Several rooms ask here."""
