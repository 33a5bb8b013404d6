"""The forms of the desk. Flask-WTF gives each a CSRF token; what they hold is judged by the service."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField, TextAreaField

from workstation.drafts import ANSWER


class UnlockForm(FlaskForm):  # type: ignore[misc] # flask-wtf ships no types
    """The passphrase."""

    passphrase = PasswordField()


class DownloadForm(FlaskForm):  # type: ignore[misc]
    """Only a token: no other page may have a readable copy made."""


class AnswerForm(FlaskForm):  # type: ignore[misc]
    """A counsellor's answer and what stands beside it; its files are `uploads`."""

    text = TextAreaField()
    gist = TextAreaField()
    summary = TextAreaField()
    track = StringField()
    next = StringField()

    def typed(self) -> dict[str, str]:
        """Return what was typed, by field: enough to fill in the same form again."""
        return {name: self[name].data or "" for name in ANSWER.fields}
